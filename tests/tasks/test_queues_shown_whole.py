"""Queues as the service shows them, compared whole: nothing is lost, added, or in another's place.

Source: Cloud Tasks v2 and v2beta3, Queue; recorded from the real service.
"""

from pathlib import Path
from typing import Any

import pytest

from local.tasks.rules import QueueConfig
from tests.tasks.face import PARENT, QUEUE, Face, a_face

NOW_S = 2_000_000_000.75  # 2033-05-18T03:33:20.75Z

# Leaf → a value, another one, and what it is where nobody says it.
LEAVES: dict[str, tuple[Any, Any, Any]] = {
    "rateLimits.maxDispatchesPerSecond": (7.5, 8.5, 500.0),
    "rateLimits.maxBurstSize": (77, 88, 100),
    "rateLimits.maxConcurrentDispatches": (8, 9, 1000),
    "retryConfig.maxAttempts": (9, 10, 100),
    "retryConfig.maxRetryDuration": ("10.5s", "11s", "0s"),
    "retryConfig.minBackoff": ("0.25s", "0.5s", "0.1s"),
    "retryConfig.maxBackoff": ("12s", "13s", "3600s"),
    "retryConfig.maxDoublings": (13, 14, 16),
    "stackdriverLoggingConfig.samplingRatio": (0.5, 0.25, None),
    "appEngineHttpQueue.appEngineRoutingOverride": (
        {"service": "a", "host": "a.demo.uc.r.appspot.com"},
        {"service": "b", "host": "b.demo.uc.r.appspot.com"},
        None,
    ),
}
OF_BETA = {"type": "PUSH", "taskTtl": "2678400s", "tombstoneTtl": "86400s"}


def with_leaf(shown: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    outer, inner = path.split(".")
    group = {**shown.get(outer, {}), inner: value}
    changed = {**shown, outer: {name: each for name, each in group.items() if each is not None}}
    return {name: each for name, each in changed.items() if each != {}}


def a_queue(place: int) -> dict[str, Any]:
    """Each leaf with its first value, its other one or its default."""
    shown: dict[str, Any] = {}
    for path, values in LEAVES.items():
        shown = with_leaf(shown, path, values[place])
    return shown


async def beta(face: Face, method: str, body: object = None, **query: str) -> dict[str, Any]:
    status, answer = await face.ask(method, f"../v2beta3/{QUEUE}", body, **query)
    assert status == 200, answer
    return answer


async def test_a_change_of_one_leaf_of_a_queue_changes_another_or_none(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        lives = {"taskTtl": "864001s", "tombstoneTtl": "3601s"}
        shown = await beta(face, "PATCH", {**a_queue(0), **lives})
        assert shown == {"name": QUEUE, "state": "RUNNING", **a_queue(0), **OF_BETA, **lives}
        for place in (1, 2):
            for path in LEAVES:
                body = {**a_queue(1), "taskTtl": "900000s"} if place == 1 else {}
                expected = with_leaf(shown, path, LEAVES[path][place])
                shown = await beta(face, "PATCH", body, updateMask=path)
                assert shown == expected, path
        for group in ("rateLimits", "retryConfig", "stackdriverLoggingConfig", "appEngineHttpQueue"):
            shown = await beta(face, "PATCH", a_queue(0), updateMask=group)
        assert shown == {"name": QUEUE, "state": "RUNNING", **a_queue(0), **OF_BETA, **lives}
        a_part = f"{list(LEAVES)[-1]}.service"
        shown = await beta(face, "PATCH", a_queue(1), updateMask=a_part)
        assert shown == with_leaf({"name": QUEUE, "state": "RUNNING", **a_queue(0), **OF_BETA, **lives}, *a_last(1))
        shown = await beta(face, "PATCH", a_queue(1))
        assert shown == await beta(face, "GET") == {"name": QUEUE, "state": "RUNNING", **a_queue(1), **OF_BETA, **lives}
    async with a_face(tmp_path) as face:
        assert await beta(face, "GET") == shown


def a_last(place: int) -> tuple[str, Any]:
    return list(LEAVES)[-1], LEAVES[list(LEAVES)[-1]][place]


async def test_a_zero_of_a_queue_is_taken_for_nothing_or_nothing_for_a_zero(tmp_path: Path) -> None:
    """Where a client that speaks protobuf cannot tell them apart, it is the default."""
    zeros: dict[str, dict[str, Any]] = {
        "rateLimits": {"maxDispatchesPerSecond": 0, "maxBurstSize": 0, "maxConcurrentDispatches": 0},
        "retryConfig": {
            "maxAttempts": 0,
            "maxRetryDuration": "0s",
            "minBackoff": "0s",
            "maxBackoff": "0s",
            "maxDoublings": 0,
        },
        "stackdriverLoggingConfig": {"samplingRatio": 0},
    }
    shown = {
        "name": QUEUE,
        "state": "PAUSED",
        "rateLimits": {"maxDispatchesPerSecond": 0, "maxBurstSize": 100, "maxConcurrentDispatches": 1000},
        "retryConfig": {**zeros["retryConfig"], "maxAttempts": 100},
        **OF_BETA,
    }
    async with a_face(tmp_path) as face:
        assert await beta(face, "PATCH", zeros) == shown
        assert await beta(face, "PATCH", zeros) == shown


@pytest.mark.parametrize(("version", "burst"), [("v2", 10), ("v2beta3", 77)])
async def test_a_queue_of_one_version_is_shown_as_one_of_the_other(tmp_path: Path, version: str, burst: int) -> None:
    async with a_face(tmp_path) as face:
        routing = {"appEngineRoutingOverride": {"service": "a", "host": "a.demo.uc.r.appspot.com"}}
        outer = routing if version == "v2" else {"appEngineHttpQueue": routing}
        given = {name: each for name, each in a_queue(0).items() if name != "appEngineHttpQueue"}
        status, shown = await face.ask("POST", f"../{version}/{PARENT}/queues", {"name": QUEUE, **given, **outer})
        rate = {**given["rateLimits"], "maxBurstSize": burst}
        expected = {"name": QUEUE, "state": "RUNNING", **given, **outer, "rateLimits": rate}
        assert (status, shown) == (200, expected if version == "v2" else {**expected, **OF_BETA})
        status, refused = await face.ask("POST", f"../{version}/{PARENT}/queues", {"name": QUEUE})
        assert (status, refused["error"]["status"], refused["error"]["message"]) == (
            *(409, "ALREADY_EXISTS"),
            "Queue already exists",
        )


async def test_a_queue_without_a_burst_gets_another_than_the_services(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        shown = await beta(face, "PATCH", {"rateLimits": {"maxDispatchesPerSecond": 60}})
        assert shown["rateLimits"]["maxBurstSize"] == 12


@pytest.mark.parametrize(
    ("taken", "refused", "message"),
    [
        ({"rateLimits": {"maxBurstSize": 500}}, {"rateLimits": {"maxBurstSize": 501}}, "RateLimits.maxBurstSize must"),
        ({"rateLimits": {"maxBurstSize": 1}}, {"rateLimits": {"maxBurstSize": -1}}, "RateLimits.maxBurstSize must be"),
        (
            {"retryConfig": {"minBackoff": "0s", "maxBackoff": "0s"}},
            {"retryConfig": {"minBackoff": "0s", "maxBackoff": "-0.5s"}},
            "RetryConfig.maxBackoff cannot be negative.",
        ),
    ],
)
async def test_a_queue_of_queue_yaml_at_its_limit_is_refused_or_one_above_is_taken(
    tmp_path: Path, taken: dict[str, Any], refused: dict[str, Any], message: str
) -> None:
    async with a_face(tmp_path) as face:
        status, answer = await face.ask("PATCH", f"../v2beta3/{QUEUE}", refused)
        assert (status, answer["error"]["message"][: len(message)]) == (400, message)
        ((group, leaves),) = taken.items()
        assert leaves.items() <= (await beta(face, "PATCH", taken))[group].items()


async def test_a_backlog_is_told_too_small_or_a_paused_queue_to_be_running(tmp_path: Path) -> None:
    """Source: Cloud Tasks v2beta3, Queue.stats: only where it is asked for."""
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        assert "stats" not in await beta(face, "GET", readMask="state")
        for count in (0, 1, 2):
            shown = await beta(face, "GET", readMask="stats")
            assert shown["stats"] == {"tasksCount": str(count), "effectiveExecutionRate": 0}
            await face.create(QUEUE, f"t{count}")
        face.store.put_queue(QueueConfig(QUEUE))
        shown = await beta(face, "GET", readMask="stats")
        assert shown["stats"] == {"tasksCount": "3", "effectiveExecutionRate": 500}


async def test_a_purge_shows_another_time_or_is_forgotten(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        made = await face.post(f"{PARENT}/queues", {"name": QUEUE})
        assert "purgeTime" not in made
        face.dispatcher.now_s = lambda: NOW_S
        purged = await face.post(f"{QUEUE}:purge")
        assert purged == {**made, "purgeTime": "2033-05-18T03:33:20.750000Z"}
        assert (await face.ask("GET", QUEUE))[1] == purged


async def test_a_burst_of_queue_yaml_is_lost_by_a_change_of_something_else_or_taken_from_who_cannot_choose_it(
    tmp_path: Path,
) -> None:
    """Source: Cloud Tasks v2, RateLimits.max_burst_size: output only."""
    async with a_face(tmp_path) as face:
        kept = (await beta(face, "PATCH", a_queue(0)))["rateLimits"]
        for mask in ("retryConfig.maxAttempts", "rateLimits.maxBurstSize"):
            _, shown = await face.ask("PATCH", QUEUE, {"rateLimits": {"maxBurstSize": 501}}, updateMask=mask)
            assert shown["rateLimits"] == kept, mask
        made = await face.post(f"{PARENT}/queues", {"name": f"{QUEUE}-2", "rateLimits": {"maxBurstSize": 501}})
        assert made["rateLimits"]["maxBurstSize"] == 100
