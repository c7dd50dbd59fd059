"""The story of requests that pass a local cloud, over HTTP: what is told of them, and what an operator does."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local.form import Form
from local.project import QUEUE, REPLY_QUEUE, WORKFLOW
from tests.story.way import GIVES_UP, HANGS, Way, a_way

TOO_LARGE = "9562495902240483582"  # above 2^63


def _is_put_off(story: dict[str, Any]) -> bool:
    return bool(story["summary"]["rounds"] == 2)


async def _put_off(way: Way, count: int) -> list[str]:
    """Requests whose reply waits for a Discord that is down, half a minute or longer however slow this machine is.

    A reply waits as long as its request is old, and with the clock ahead these are 100 s old for the workflow.
    """
    await way.ask("POST", "/faults", {"target": "discord", "kind": "503"})
    await way.ask("POST", "/faults/clock", {"offset_s": 100})
    interactions = [await way.send(str(number)) for number in range(count)]
    for interaction in interactions:
        await way.until(interaction, "waiting", _is_put_off)
    return interactions


def _is_all_over(story: dict[str, Any]) -> bool:
    return all(bar["endS"] for bar in story["bars"])


@pytest.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    async with a_way(tmp_path) as made:
        yield made


async def test_a_picture_has_a_bar_for_each_part_of_its_way(way: Way) -> None:
    interaction = await way.send()
    story = await way.until(interaction, "shown")
    summary = story["summary"]
    assert (summary["words"], summary["member"]) == ("words: a quiet sea", "You")
    assert (summary["rounds"], summary["attempts"], summary["hasError"]) == (1, 2, False)
    assert summary["object"].startswith("pictures/")
    assert [(bar["part"], bar["kind"]) for bar in story["bars"]] == [
        ("ingress", "work"),
        ("create-image-queue", "work"),
        ("workflow", "work"),
        ("workflow", "work"),
        ("workflow", "work"),
        ("discord", "work"),
    ]
    assert story["executions"][0]["revision"] == summary["revision"]
    assert interaction in story["request"]
    (generate,) = [bar for bar in story["bars"] if bar["step"] == "main.draw_with_token"]
    source = way.cloud.files[0].text.splitlines()
    assert source[generate["line"] - 1].strip() == "- draw_with_token:"
    assert story["replyS"] > 0


async def test_a_request_that_waits_says_for_whom_until_when_and_which_line_decides_it(way: Way) -> None:
    first, _ = await _put_off(way, 2)
    story = await way.story(first)
    assert story["state"].startswith("waiting for Discord, round 2, next try in ")
    why, number = story["why"], "longest_wait_s: 60"
    assert (why["file"], why["name"], why["value"]) == ("workflows/mando.yaml", "knobs.longest_wait_s", "60")
    assert number in way.cloud.files[0].text.splitlines()[why["line"] - 1]
    assert story["others"] == 1
    errors = [bar for bar in story["bars"] if bar["kind"] == "error"]
    assert {bar["sentence"] for bar in errors} == {
        "Discord answered 503: broken on purpose",
        "reply-discord answered 503: Discord answered 503",
    }
    assert '"broken on purpose"' in errors[0]["body"] + errors[1]["body"]
    figures = (await way.ask("GET", "/ops/figures"))[1]
    assert [(one["target"], one["kind"], one["endS"]) for one in figures["outages"]] == [("discord", "503", None)]
    assert figures["waitingFor"] == {"workflow:reply-discord-queue": 2}
    text = (await way.ask("GET", f"/ops/requests/{first}.txt"))[1]
    assert f"workflows/mando.yaml:{why['line']}: knobs.longest_wait_s is 60" in text


async def test_a_wait_that_discord_asks_for_is_no_number_of_ours(way: Way) -> None:
    await way.ask("POST", "/faults", {"target": "discord", "kind": "429"})
    story = await way.until(await way.send(), "waiting", _is_put_off)
    assert (story["why"]["key"], story["why"]["file"]) == ("asked", "")


async def test_who_waits_can_be_cancelled_and_is_told(way: Way) -> None:
    (interaction,) = await _put_off(way, 1)
    await way.ask("DELETE", "/faults")
    status, done = await way.ask("POST", f"/ops/requests/{interaction}/cancel")
    assert (status, len(done["tasks"])) == (200, 1)
    story = await way.until(interaction, "cancelled", lambda one: one["summary"]["repliedS"])
    assert story["state"] == "cancelled, and the member was told"
    assert way.cloud.tasks.depth(REPLY_QUEUE) == 0
    assert (await way.ask("POST", f"/ops/requests/{interaction}/cancel"))[0] == 409


async def test_an_execution_that_runs_is_cancelled_too(way: Way) -> None:
    way.statuses["/generate-image"] = HANGS
    interaction = await way.send()
    await way.until(interaction, "drawing", lambda one: one["summary"]["attempts"] == 1)
    _, done = await way.ask("POST", f"/ops/requests/{interaction}/cancel")
    story = await way.until(interaction, "cancelled", _is_all_over)
    assert [name.rpartition("/")[2] for name in done["executions"]] == [story["executions"][0]["id"]]
    assert story["executions"][0]["state"] == "CANCELLED"
    assert story["summary"]["repliedS"] > 0


async def test_what_failed_is_replayed_and_linked_to_its_original(way: Way) -> None:
    way.statuses = {"/generate-image": 422, "/reply-discord": 410}
    interaction = await way.send()
    failed = await way.until(interaction, "failed")
    way.statuses = {}
    status, again = await way.ask("POST", f"/ops/requests/{interaction}/replay")
    assert status == 200
    story = await way.until(interaction, "shown")
    original, replay = story["executions"]
    assert again["execution"].endswith(replay["id"])
    assert (replay["original"], original["replays"]) == (original["id"], [replay["id"]])
    assert failed["executions"][0]["error"] != ""


async def test_all_that_failed_is_replayed_at_a_rate_and_told_how_each_ended(way: Way) -> None:
    way.statuses = {"/generate-image": 422, "/reply-discord": 400}
    failed = [await way.send(str(number)) for number in range(3)]
    for interaction in failed:
        story = await way.until(interaction, "failed")
        assert story["state"] == "failed: no reply, because: broken by the test"
    way.statuses = {}
    _, begun = await way.ask("POST", "/ops/replays", {"sinceS": 60, "ratePerS": 100})
    assert begun["total"] == 3
    async with asyncio.timeout(20):
        while not (progress := (await way.ask("GET", f"/ops/replays/{begun['id']}"))[1])["isOver"]:
            await asyncio.sleep(0.005)
    assert (progress["started"], progress["states"]) == (3, {"shown": 3})


async def test_a_reply_that_its_step_gives_up_has_failed_and_says_why(way: Way) -> None:
    await way.ask("POST", "/faults", {"target": "discord", "kind": "503"})
    interaction = await way.send()
    await way.until(interaction, "waiting", _is_put_off)
    way.statuses["/reply-discord"] = GIVES_UP
    await way.ask("POST", "/faults/clock", {"offset_s": 100})
    story = await way.until(interaction, "failed")
    assert story["state"] == "failed: reply-discord gave up: broken by the test"
    assert (story["bars"][-1]["kind"], story["bars"][-1]["status"]) == ("error", 200)
    assert "broken by the test" in story["bars"][-1]["body"]


async def test_a_picture_is_shown_again_without_drawing_it(way: Way) -> None:
    interaction = await way.send()
    await way.until(interaction, "shown")
    way.statuses["/generate-image"] = 500
    status, made = await way.ask("POST", f"/ops/requests/{interaction}/reply")
    assert (status, made["task"].startswith(REPLY_QUEUE)) == (200, True)
    await way.until(interaction, "shown", lambda one: [bar["part"] for bar in one["bars"]].count("discord") == 2)


async def test_a_paused_queue_is_the_reason_and_its_purge_ends_the_wait(way: Way) -> None:
    await way.ask("POST", f"/v2/{QUEUE}:pause")
    interaction = await way.send()
    story = await way.until(interaction, "in queue")
    assert story["why"]["words"] == "create-image-queue is paused; nothing leaves it until it is resumed"
    assert story["why"]["name"] == "create-image-queue.rate"
    figures = (await way.ask("GET", "/ops/figures"))[1]
    (queue,) = [one for one in figures["queues"] if one["name"] == "create-image-queue"]
    assert (queue["state"], queue["waiting"], queue["drainedInS"]) == ("PAUSED", 1, None)
    assert queue["oldestS"] >= 0
    await way.ask("POST", f"/v2/{QUEUE}:purge")
    purged = await way.until(interaction, "cancelled")
    assert purged["summary"]["error"] == "its queue was purged"
    assert all(bar["endS"] for bar in purged["bars"])


async def test_a_reply_that_is_due_while_its_queue_is_paused_waits_with_all_that_stand_there(way: Way) -> None:
    await way.ask("POST", f"/v2/{REPLY_QUEUE}:pause")
    first, _ = await _put_off(way, 2)
    await way.ask("POST", "/faults/clock", {"offset_s": 200})
    story = await way.story(first)
    assert (story["why"]["key"], story["others"]) == ("line:reply-discord-queue", 1)
    assert "paused" in story["why"]["words"]
    assert story["state"].endswith("in the line of reply-discord-queue")


async def test_refusals_of_the_ingress_are_counted_by_their_words(way: Way) -> None:
    for seconds in (7, 8):
        way.refusal = f"Please ask again in {seconds} seconds."
        interaction = await way.send()
    assert (await way.story(interaction))["state"] == "refused at the ingress: Please ask again in 8 seconds."
    figures = (await way.ask("GET", "/ops/figures"))[1]
    assert figures["refusals"] == {"Please ask again in N seconds.": 2}
    assert figures["requests"] == {"refused": 2}


async def test_a_queue_that_takes_no_task_is_told(way: Way) -> None:
    await way.ask("POST", "/faults", {"target": "queue", "kind": "503", "count": 1})
    story = await way.story(await way.send())
    assert story["bars"][-1]["sentence"] == "create-image-queue did not take the task: status 503"


async def test_without_a_workflow_there_is_a_story_too(tmp_path: Path) -> None:
    async with a_way(tmp_path, Form(tasks_call="http")) as way:
        way.statuses["/generate-image"] = 503
        interaction = await way.send()
        story = await way.until(interaction, "waiting")
        assert (story["why"]["file"], story["why"]["name"]) == (
            "queue.yaml",
            "create-image-queue.retry_parameters.min_backoff_seconds",
        )
        assert story["summary"]["blamed"] == "generate-image"
        assert "broken by the test" in story["bars"][-2]["body"] + story["bars"][-1]["body"]


async def test_a_story_survives_a_restart(tmp_path: Path) -> None:
    async with a_way(tmp_path) as way:
        interaction = await way.send()
        before = await way.until(interaction, "shown", _is_all_over)
    async with a_way(tmp_path) as way:
        after = await way.story(interaction)
    assert after["summary"] == before["summary"]
    assert after["bars"] == before["bars"]


async def test_the_list_is_searched_and_filtered(way: Way) -> None:
    first = await way.send("a quiet sea")
    second = await way.send("100% red")
    for one in (first, second):
        story = await way.until(one, "shown")
    execution, member = story["executions"][0]["id"], story["summary"]["memberId"]
    assert member
    for asked, found in (
        ("", [second, first]),
        ("q=quiet", [first]),
        ("q=0%25", [second]),
        (f"q={first}", [first]),
        (f"q={execution}", [second]),
        (f"q={execution[:8]}", [second]),
        (f"q={member}", [second, first]),
        ("state=shown", [second, first]),
        ("state=failed,told", []),
        ("error=1", []),
        ("size=1", [second]),
        (f"size=1&before={second}", [first]),
    ):
        status, page = await way.ask("GET", f"/ops/requests?{asked}")
        assert (status, [one["interaction"] for one in page["requests"]]) == (200, found), asked
    assert page["counts"] == {"shown": 2}
    for wrong in ("state=nothing", "size=0", "before=x", f"before={TOO_LARGE}"):
        assert (await way.ask("GET", f"/ops/requests?{wrong}"))[0] == 400
    for unknown in ("123456789012345678", TOO_LARGE):
        assert (await way.ask("GET", f"/ops/requests/{unknown}"))[0] == 404


async def test_what_names_no_interaction_is_served_and_has_no_story(way: Way, caplog: pytest.LogCaptureFixture) -> None:
    """A task with a random name, and an execution and a task with a number that is no snowflake."""
    way.statuses = {"/generate-image": 422, "/reply-discord": 410}
    call = {"httpRequest": {"url": "http://127.0.0.1:1"}}
    names = (TOO_LARGE, "1575522903686905856", f"a-{TOO_LARGE}")
    for name in names:
        made = await way.ask("POST", f"/v2/{QUEUE}/tasks", {"task": {"name": f"{QUEUE}/tasks/{name}", **call}})
        assert made[0] == 200, made
    begun = {"argument": json.dumps({"interaction_id": TOO_LARGE})}
    assert (await way.ask("POST", f"/v1/{WORKFLOW}/executions", begun))[0] == 200
    assert (await way.ask("GET", "/ops/requests"))[1]["requests"] == []
    async with asyncio.timeout(20):
        for name in names:
            while (await way.ask("GET", f"/v2/{QUEUE}/tasks/{name}"))[1].get("dispatchCount", 0) < 2:
                await asyncio.sleep(0.02)  # it is tried, and tried again
    assert [one.getMessage() for one in caplog.records if one.name == "asyncio"] == []
