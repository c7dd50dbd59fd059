"""What is broken for a time: faults with a length, named incidents, tasks that are sent twice."""

import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cli.incidents import incident_of, incidents
from local.faults.fault import Fault
from local.faults.faults import Faults
from local.faults.incident import Incident, Stage
from local.project import PLACE
from local.server import LocalCloud
from tests.running import until
from tests.system.up import four_free_ports
from tests.wire import a_wire
from tuning.simulate.scenario import names, read_story

QUEUE = f"{PLACE}/queues/q"
NOT_PLAYED = {"cold", "queue-stall", "viral-burst"}  # they happen to a part itself, or to the load


def an_incident(share: float = 1.0, target: str = "discord", length_s: float = 60) -> Incident:
    def stages(length_s: float) -> list[Stage]:
        fault = Fault(target, "503", is_page=True)  # type: ignore[arg-type]
        return [Stage(fault, lambda at_s: share if 0 <= at_s < length_s / 2 else 0.0)]

    return Incident("half", "half of it", "us", length_s, stages)


class Local:
    def __init__(self, cloud: LocalCloud, url: str, session: aiohttp.ClientSession) -> None:
        self.cloud, self._url, self._session = cloud, url, session

    async def ask(
        self, method: str, path: str, body: object = None, params: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        async with self._session.request(method, self._url + path, json=body, params=params) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Local]:
    port, half = four_free_ports(), an_incident()
    cloud = LocalCloud(tmp_path, port, "http://127.0.0.1:1", incidents=[half])
    async with cloud, aiohttp.ClientSession() as session:
        yield Local(cloud, f"http://127.0.0.1:{port}", session)
        await cloud.executions.stop()


async def test_a_fault_with_a_length_is_over_by_itself(local: Local) -> None:
    added = await local.ask("POST", "/faults", {"target": "discord", "kind": "503", "for_s": 0.2})
    assert added[1][0]["ends_s"] > time.time()
    assert local.cloud.faults.take("discord") is not None
    await until(lambda: not local.cloud.faults.pending)
    assert local.cloud.faults.take("discord") is None
    (outage,) = (await local.ask("GET", "/ops/figures"))[1]["outages"]
    assert outage["endS"] is not None


@pytest.mark.parametrize("for_s", [0, -1, 86_401, "2m", True])
async def test_a_length_is_a_number_of_seconds(local: Local, for_s: object) -> None:
    for body in ({"target": "discord", "kind": "503"}, {"scenario": "half"}):
        status, said = await local.ask("POST", "/faults", {**body, "for_s": for_s})
        assert (status, said["error"]["message"][:28]) == (400, "for_s is a number of seconds")
    assert not local.cloud.faults.running


async def test_an_incident_hits_while_its_stage_lasts_and_is_listed_until_it_ends(local: Local) -> None:
    await local.ask("POST", "/faults", {"scenario": "half", "for_s": 2})
    hit = local.cloud.faults.take("discord")
    assert hit is not None
    assert (hit.kind, hit.is_page) == ("503", True)
    status, page = await local.ask("PATCH", "/api/v10/webhooks/1/x/messages/@original", {})
    assert (status, "<h1>Error 503</h1>" in page) == (503, True)
    (listed,) = (await local.ask("GET", "/faults/scenarios"))[1]
    assert (listed["name"], listed["ends_s"] > time.time()) == ("half", True)
    await until(lambda: local.cloud.faults.take("discord") is None)  # its second half
    assert local.cloud.faults.running
    await until(lambda: not local.cloud.faults.running)


async def test_an_incident_is_ended_alone_or_with_all(local: Local) -> None:
    for chosen in ({"scenario": "half"}, {}):
        await local.ask("POST", "/faults", {"scenario": "half"})
        await local.ask("POST", "/faults", {"target": "storage", "kind": "503"})
        await local.ask("DELETE", "/faults", params=chosen)
        assert local.cloud.faults.running == []
        assert len(local.cloud.faults.pending) == len(chosen)


async def test_one_fault_is_removed_by_its_target_and_kind(local: Local) -> None:
    for target, kind in (("discord", "503"), ("discord", "429"), ("storage", "503")):
        await local.ask("POST", "/faults", {"target": target, "kind": kind})
    left = (await local.ask("DELETE", "/faults", params={"target": "discord", "kind": "503"}))[1]
    assert [(one["target"], one["kind"]) for one in left] == [("discord", "429"), ("storage", "503")]


async def test_an_unknown_scenario_names_those_that_can_be_played(local: Local) -> None:
    status, said = await local.ask("POST", "/faults", {"scenario": "moon"})
    assert (status, said["error"]["message"]) == (
        400,
        "unknown scenario 'moon'; those that can be played: half",
    )


def test_a_share_of_the_calls_is_hit() -> None:
    faults = Faults(incidents=[an_incident(0.3)])
    faults._begin("half", None)
    hits = sum(faults.take("discord") is not None for _ in range(2000))
    assert 450 < hits < 750
    assert faults.take("storage") is None


async def test_a_task_that_is_sent_twice_comes_twice_and_is_done(local: Local) -> None:
    await local.ask("POST", f"/v2/{PLACE}/queues", {"name": QUEUE})
    await local.ask("POST", "/faults", {"target": "tasks", "kind": "twice", "count": 1})
    await local.cloud.dispatcher.start()
    async with a_wire() as target:
        for _ in range(2):
            await local.ask("POST", f"/v2/{QUEUE}/tasks", {"task": {"httpRequest": {"url": f"{target.url}/x"}}})
        await until(lambda: not local.cloud.tasks.depth(QUEUE))
    await local.cloud.dispatcher.stop()
    assert len(target.heads) == 3


async def test_only_tasks_are_sent_twice(local: Local) -> None:
    status, said = await local.ask("POST", "/faults", {"target": "discord", "kind": "twice"})
    assert (status, said["error"]["message"]) == (400, "only tasks are sent twice")


def test_every_scenario_of_the_simulator_is_played_or_known_not_to_be() -> None:
    assert {one.name for one in incidents()} == set(names()) - NOT_PLAYED


@pytest.mark.parametrize("incident", incidents(), ids=lambda one: one.name)
def test_an_incident_breaks_something_in_a_minute_and_nothing_afterwards(incident: Incident) -> None:
    stages = incident.stages(60)
    assert any(stage.share_at(at_s) > 0 for stage in stages for at_s in range(60))
    assert not any(stage.share_at(60.1) for stage in stages)


def test_an_incident_keeps_the_turns_of_its_flaps_and_what_it_asks_for() -> None:
    flap = incident_of(read_story("flap"))
    assert flap is not None
    (stage,) = flap.stages(180)
    assert [stage.share_at(at_s) for at_s in (10, 50, 100, 170)] == [1, 0, 1, 0]
    storm = incident_of(read_story("429-storm"))
    assert storm is not None
    assert storm.stages(60)[0].fault == Fault("discord", "429", retry_after_s=5)
    slow = incident_of(read_story("slow-storage"))
    assert slow is not None
    draw = slow.stages(60)[1].slow_s
    assert draw is not None
    assert 1.9 < draw(0.5) < 2.1
