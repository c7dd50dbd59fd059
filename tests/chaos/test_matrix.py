"""The short form of `make chaos`: each call of the path broken in the ways that differ most."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos import world
from tests.chaos.kills import its_children, killed, mando_itself
from tests.chaos.matrix import TARGETS, Row
from tests.system.up import Up, mando_up


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("chaos")) as up:
        yield up


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("kind", "after"), [("503", False), ("reset", True), ("garbage", False)])
def test_every_acknowledged_interaction_has_one_outcome(up: Up, target: str, kind: str, after: bool) -> None:
    tally = Row(target, kind, after, count=1).run(up, interactions=1)
    assert tally.broken == []
    assert tally.pictures + tally.failure_replies == tally.acknowledged


def test_processes_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    """`mando up` itself, and one of its children."""
    seed = random.randrange(1_000_000)
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    kills = dice.sample([mando_itself, its_children], 2)
    tally = killed(tmp_path, kills, dice, within_s=0.8, lost_too=False)
    assert tally.broken == []
    assert tally.pictures + tally.failure_replies == tally.acknowledged > 0


@pytest.mark.parametrize("offset_s", [600, -600])
def test_a_clock_that_jumps_changes_nothing(up: Up, offset_s: float) -> None:
    tally = world.clock_jumps(up, offset_s)
    assert (tally.acknowledged, tally.pictures, tally.broken) == (4, 4, [])


@pytest.mark.parametrize("offset_s", [8, 60])
def test_tokens_of_another_clock_cost_no_picture(up: Up, offset_s: float) -> None:
    tally = world.tokens_of_another_clock(up, offset_s)
    assert (tally.acknowledged, tally.pictures, tally.broken) == (2, 2, [])


def test_slow_clients_keep_no_member_waiting(up: Up) -> None:
    tally = world.slow_clients_beside_members(up)
    assert (tally.acknowledged, tally.pictures, tally.broken) == (6, 6, [])


def test_an_interaction_that_is_delivered_often_is_answered_once(up: Up) -> None:
    tally = world.delivered_again_and_in_another_order(up)
    assert (tally.acknowledged, tally.pictures, tally.broken) == (8, 8, [])


@pytest.mark.skipif(not world.can_mount(), reason="this machine does not allow us to mount a disk")
def test_a_disk_that_is_full_under_load_loses_nothing(tmp_path: Path) -> None:
    tally = world.disk_is_full_under_load(tmp_path / "data", lost_too=False)
    assert tally.broken == []
    assert tally.acknowledged == tally.pictures + tally.failure_replies > 1
