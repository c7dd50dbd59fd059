"""The short form of `make attack`: a few thousand hostile requests, and the attacks that differ most."""

import random
import sys
from collections.abc import Iterator

import pytest

from tests.attack import aftermath
from tests.attack.attacker import Attacker
from tests.attack.flood import FloodResult, flood, interact
from tests.attack.kinds import stream
from tests.attack.rows import Row, rows
from tests.system.up import mando_up


@pytest.fixture(scope="module")
def attacker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacker]:
    with mando_up(tmp_path_factory.mktemp("attack")) as up:
        yield Attacker(up)


async def test_every_hostile_request_gets_the_answer_that_is_right_for_it(attacker: Attacker) -> None:
    seed = random.randrange(1_000_000)
    sys.stdout.write(f"seed {seed}\n")
    before = aftermath.Baseline.of(attacker)
    seen = FloodResult(may_be_late=True)
    await flood(attacker, stream(seed, attacker), most=1000, within_s=60, seen=seen)
    assert seen.count > 200
    assert seen.complaints() == []
    await aftermath.no_traceback(attacker)
    await aftermath.no_secret(attacker)
    await aftermath.processes(attacker, before)


@pytest.mark.parametrize("row", [row for row in rows() if row.is_short], ids=str)
async def test_no_known_attack_succeeds(attacker: Attacker, row: Row) -> None:
    await row.attack(attacker)


async def test_each_interaction_acknowledged_during_the_attacks_has_one_outcome(attacker: Attacker) -> None:
    await interact(attacker)  # another process may have run the tests before
    await aftermath.settled(attacker)
