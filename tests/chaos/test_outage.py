"""The short form of an outage of Discord: what waits in the second queue is neither lost nor drawn or shown twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.outage import (
    drawing_fails_in_a_paused_queue,
    drawings,
    outage_under_load,
    running,
    second_queue_is_closed_too,
    waiting,
)
from tests.chaos.promise import break_next, mend, send, settle
from tests.servers import wait_until
from tests.system.up import Up, mando_up, resume, sources_with_short_waits


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("outage")
    with mando_up(folder / "data", sources_with_short_waits(folder / "sources")) as up:
        yield up


def test_in_an_outage_under_load_all_wait_in_the_queue_and_get_their_picture_after_it(up: Up) -> None:
    tally = outage_under_load(up, per_s=4, down_s=3)
    assert (tally.pictures, tally.broken) == (12, [])


@pytest.mark.parametrize("kind", ["500", "reset"])
def test_where_the_second_queue_takes_no_task_the_executions_wait_themselves(up: Up, kind: str) -> None:
    tally = second_queue_is_closed_too(up, per_s=4, down_s=1.5, kind=kind)
    assert (tally.pictures, tally.broken) == (6, [])


def test_a_task_that_was_made_though_its_answer_was_lost_shows_nothing_twice(up: Up) -> None:
    break_next(up, target="discord", kind="503", count=5)
    break_next(up, target="reply_queue", kind="reset", count=1, after=True)
    tally = settle(up, send(up, 1))
    mend(up)
    assert (tally.pictures, tally.broken) == (1, [])


def test_where_the_first_queue_takes_no_task_for_a_drawing_its_execution_waits_itself(up: Up) -> None:
    sent = drawing_fails_in_a_paused_queue(up, {"target": "queue", "kind": "500", "count": 1})
    wait_until(lambda: all(one["target"] != "queue" for one in up.get("faults")), "its task is refused", 30)
    mend(up)
    resume(up, "create-image-queue")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken, len(up.executions(sent["id"]))) == (1, [], 1)


def test_a_kill_in_an_outage_loses_nobody_also_on_another_port(tmp_path: Path) -> None:
    """What waits is in the tables of the queue; the executions that run go on where they were."""
    root = sources_with_short_waits(tmp_path / "sources", hiccup_wait_s=1)
    with mando_up(tmp_path / "data", root) as up:
        break_next(up, target="discord", kind="503")
        ids = send(up, 2)
        wait_until(lambda: waiting(up, "reply-discord-queue") == 2, "two replies wait in the queue", 30)
        ids += send(up, 2)
        wait_until(lambda: running(up) == 2, "two executions run")
        up.process.kill()
        up.process.wait(timeout=20)
    with mando_up(tmp_path / "data", root) as up:
        tally = settle(up, ids)
        assert (tally.pictures, tally.broken) == (4, [])
        assert drawings(up, ids[:2]) == 2
