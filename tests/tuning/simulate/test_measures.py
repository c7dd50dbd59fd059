"""Percentiles in little memory, recovery, and whether Discord could be reached."""

import pytest

from tests.tuning.simulate.builders import a_model, a_scenario, cloud, even, simulated
from tuning.simulate.percentiles import Times
from tuning.simulate.reach import never_reached, parts_on_the_way, usual_way_s
from tuning.simulate.recovery import Bucket, recovered_after_s

LOAD = even(1, 1000)


def test_percentiles_are_right_to_half_a_percent() -> None:
    times = Times()
    for number in range(1, 1001):
        times.add(number / 100)
    for share, seconds in ((0.5, 5.0), (0.95, 9.5), (0.99, 9.9)):
        assert times.quantile(share) == pytest.approx(seconds, rel=0.005)
    assert times.longest_s == 10
    assert times.within(5.0) == pytest.approx(500, abs=3)
    edges, counts = times.histogram()
    assert sum(counts) == 1000
    assert len(edges) == len(counts) + 1


def buckets(*given: tuple[int, float, float]) -> list[Bucket]:
    """(requests sent, seconds that each took, when the last was answered) of each stretch of 10 s."""
    found = []
    for sent, seconds, resolved_s in given:
        bucket = Bucket()
        bucket.sent, bucket.resolved_s = sent, resolved_s
        for _ in range(sent):
            bucket.times.add(seconds)
        found.append(bucket)
    return found


GOOD = (200, 1.0, 0.0)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ([GOOD, GOOD], 0.0),
        ([(200, 5.0, 45.0), GOOD], 15.0),  # the slow ones of 30 to 40 s were answered by 45 s
        ([(200, 1.9, 0.0), GOOD], 0.0),
        ([GOOD, (200, 5.0, 0.0)], None),
        ([], 0.0),
    ],
)
def test_recovery_lasts_until_new_requests_are_as_fast_as_before(
    after: list[tuple[int, float, float]], seconds: float | None
) -> None:
    during = [(200, 9.0, 29.0)]
    assert recovered_after_s(buckets(GOOD, GOOD, *during, *after), 10.0, 20.0, 30.0) == seconds


def test_recovery_waits_for_older_requests() -> None:
    assert recovered_after_s(buckets(GOOD, GOOD, (200, 9.0, 95.0), GOOD), 10.0, 20.0, 30.0) == 65.0


def test_without_requests_before_the_fault_nothing_can_be_said_of_recovery() -> None:
    assert recovered_after_s(buckets(GOOD, GOOD), 10.0, 0.0, 5.0) is None


@pytest.mark.parametrize(
    ("faults", "is_never"),
    [
        ("{part: discord, kind: error, status: 503, ends: 15m}", True),
        ("{part: discord, kind: error, status: 503, ends: 14m}", False),
        ("{part: discord, kind: error, status: 503, share: 0.9, ends: 15m}", False),
        (
            "{part: discord, kind: error, status: 503, share: 0.7, ends: 15m}, "
            "{part: discord, kind: hang, share: 0.3, ends: 15m}",
            True,
        ),
        ("{part: discord, kind: slow, median: 9s, max: 9s, ends: 15m}", False),
        ("{part: discord, kind: hang, ends: 15m, flaps: {fails: 5m, works: 1m}}", False),
        ("{part: discord, kind: error, status: 503, share: [[0s, 1], [14m, 1], [15m, 0]], ends: 15m}", False),
        ("{part: discord, kind: hang, ends: 5m}, {part: discord, kind: hang, begins: 5m, ends: 15m}", True),
        ("{part: storage, kind: hang, ends: 15m}", False),
        ("{part: tasks, kind: hang, ends: 15m}", False),
        ("{part: executions, kind: error, status: 503, ends: 15m}", False),
        ("{part: steps, kind: cold}", False),
        ("{part: steps, kind: error, status: 500, ends: 15m}", True),
        ("{part: tokens, kind: error, status: 503, ends: 15m}", True),
        ("{part: tokens, kind: error, status: 503, share: 0.9, ends: 15m}", False),
        ("{part: tokens, kind: hang, ends: 5m}, {part: discord, kind: hang, begins: 5m, ends: 15m}", True),
        (
            "{part: tokens, kind: error, status: 503, share: 0.5, ends: 15m}, "
            "{part: discord, kind: error, status: 503, share: 0.5, ends: 15m}",
            False,
        ),
    ],
)
def test_discord_could_be_reached_unless_everything_failed_all_the_time(faults: str, is_never: bool) -> None:
    assert never_reached(a_scenario(LOAD, faults), parts_on_the_way(have_tokens=True), 0.0, 900.0) is is_never


def test_calls_that_bear_no_tokens_reach_discord_without_google_s() -> None:
    no_tokens = a_scenario(LOAD, "{part: tokens, kind: hang, ends: 15m}")
    assert not never_reached(no_tokens, parts_on_the_way(have_tokens=False), 0.0, 900.0)


def test_whoever_waits_while_google_gives_nobody_a_token_could_not_be_reached() -> None:
    """Its execution has begun, and can neither draw nor tell until the token's end."""
    answer = simulated(even(1, 1), "{part: tokens, kind: error, status: 503, ends: 20m}", at_s=0.5)
    assert (answer.acknowledged, answer.unreachable, answer.lost) == (1, 1, 0)


def test_the_usual_way_takes_what_99_of_100_do_not_exceed() -> None:
    before_s, last_s = usual_way_s(cloud())
    assert before_s == pytest.approx(0.4 + 1 + 0.5 + 0.22 + 0.042 + 0.4 + 0.22 + 0.3)
    assert last_s == pytest.approx(1 + 0.3 + 3)


@pytest.mark.parametrize(("up_for", "is_lost"), [(0.9, False), (30.0, True)])
def test_who_could_be_reached_only_before_the_picture_was_there_is_not_lost(up_for: float, is_lost: bool) -> None:
    """A request whose outage begins at once has lost nothing by us; up_for: in times of the usual way."""
    before_s, _ = usual_way_s(a_model())
    answer = simulated(even(1, 1), "{part: discord, kind: error, status: 503, ends: 20m}", at_s=up_for * before_s)
    assert (answer.lost + answer.pictures, answer.unreachable) == ((1, 0) if is_lost else (0, 1))
