"""When requests come, for each kind of load."""

import itertools
import pickle
import random
import tracemalloc
from collections import Counter
from pathlib import Path
from statistics import fmean, pvariance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuning.curve import Curve
from tuning.simulate.load import DAY_S, Load, at_once, burst, day, even, from_file, multiplied, poisson

RATES, LENGTHS = st.floats(0.1, 50), st.floats(1, 60)


def times(load: Load, seed: int = 1) -> list[float]:
    return list(load.times(random.Random(seed)))


def a_file(folder: Path) -> Path:
    path = folder / "yesterday.log"
    path.write_text("".join(f"2026-11-25T10:{minute:02}:00Z\n" for minute in (3, 1, 2)))
    return path


def certain_loads(folder: Path) -> list[Load]:
    return [even(7, 60), burst(2, 30, 10, 60), day(5000), at_once(even(7, 60), 100, 20), from_file(a_file(folder))]


def random_loads() -> list[Load]:
    factor = Curve(((0.0, 1.0), (10.0, 5.0), (20.0, 1.0)))
    return [
        *(poisson(7, 60), burst(2, 30, 10, 60, is_random=True), day(5000, 600, is_random=True)),
        *(at_once(poisson(7, 60), 100, 20), multiplied(even(7, 60), factor, 20)),
    ]


def test_every_load_comes_in_order_and_within_its_length(tmp_path: Path) -> None:
    for load in certain_loads(tmp_path) + random_loads():
        came = times(load)
        assert came == sorted(came), load.label
        assert 0 <= came[0] <= came[-1] <= load.length_s, load.label


def test_a_load_has_as_many_requests_as_expected_a_random_one_nearly(tmp_path: Path) -> None:
    assert [len(times(load)) - load.expected for load in certain_loads(tmp_path)] == [0, 0, 0, 0, 0]
    for load in random_loads():
        assert len(times(load)) == pytest.approx(load.expected, abs=4 * load.expected**0.5), load.label


def test_the_same_seed_gives_the_same_times_in_another_process_too(tmp_path: Path) -> None:
    for load in certain_loads(tmp_path) + random_loads():
        assert times(load, 3) == times(load, 3) == times(pickle.loads(pickle.dumps(load)), 3), load.label


def test_another_seed_gives_a_random_load_other_times() -> None:
    assert [load.label for load in random_loads() if times(load, 1) == times(load, 2)] == []


@given(RATES, LENGTHS)
def test_an_even_load_begins_at_0_and_keeps_its_distance(rate: float, length: float) -> None:
    came = times(even(rate, length))
    assert len(came) == round(rate * length)
    assert came[:1] in ([0.0], [])
    assert all(b - a == pytest.approx(1 / rate, rel=1e-6) for a, b in itertools.pairwise(came))


def test_the_numbers_in_each_second_of_a_random_load_have_one_mean_and_variance() -> None:
    """Source: the Poisson distribution: its variance is its mean."""
    counts = Counter(int(at) for at in times(poisson(20, 4000)))
    numbers = [counts[second] for second in range(4000)]
    assert fmean(numbers) == pytest.approx(20, rel=0.02)
    assert pvariance(numbers) == pytest.approx(20, rel=0.1)


def test_the_gaps_of_a_random_load_are_exponential() -> None:
    came = times(poisson(20, 4000))
    gaps = [b - a for a, b in itertools.pairwise(came)]
    assert fmean(gaps) == pytest.approx(1 / 20, rel=0.02)
    assert sum(gap > 2 / 20 for gap in gaps) / len(gaps) == pytest.approx(0.1353, abs=0.005)  # e**-2


def test_a_burst_has_its_peak_for_its_width_after_a_third() -> None:
    counts = Counter(int(at) for at in times(burst(2, 30, 10, 90)))
    assert {counts[second] for second in range(30)} == {2}
    assert {counts[second] for second in range(30, 40)} == {30}
    assert {counts[second] for second in range(41, 90)} == {2}


@pytest.mark.parametrize(("count", "length_s"), [(24_000, DAY_S), (24_000, 600.0), (1, DAY_S), (7, 60.0)])
def test_a_day_has_as_many_requests_as_were_asked_for(count: int, length_s: float) -> None:
    assert day(count, length_s).expected == len(times(day(count, length_s))) == count


def test_a_day_is_busy_in_the_evening_and_quiet_before_dawn() -> None:
    hours = Counter(int(at / 3600) for at in times(day(100_000)))
    assert max(hours, key=hours.__getitem__) in (19, 20)
    assert min(hours, key=hours.__getitem__) in (4, 5)
    assert 5 < hours[20] / hours[5] < 10


def test_a_random_day_is_as_busy_as_an_even_one_hour_by_hour() -> None:
    evenly, at_random = (Counter(int(at / 3600) for at in times(day(100_000, is_random=on))) for on in (False, True))
    assert all(at_random[hour] == pytest.approx(evenly[hour], rel=0.1) for hour in range(24))


def test_what_is_added_changes_nothing_about_when_the_others_come() -> None:
    alone = times(poisson(5, 60))
    crowd = times(at_once(poisson(5, 60), 50, 20))
    assert [at for at in crowd if at != 20] == alone
    assert crowd.count(20) == 50
    assert set(alone) < set(times(multiplied(poisson(5, 60), Curve(((0.0, 4.0), (30.0, 4.0))), 20)))


def test_what_a_factor_adds_ends_with_the_load() -> None:
    factor = Curve(((0.0, 3.0), (100.0, 3.0)))
    load = multiplied(even(10, 60), factor, 40)
    counts = Counter(int(at / 20) for at in times(load))
    assert load.expected == 600 + 400
    assert (counts[0], counts[1]) == (200, 200)
    assert counts[2] == pytest.approx(600, rel=0.15)


@pytest.mark.parametrize("begins_s", [60, 61])
def test_a_factor_after_the_end_adds_nothing(begins_s: float) -> None:
    assert times(multiplied(even(10, 60), Curve(((0.0, 3.0), (9.0, 3.0))), begins_s)) == times(even(10, 60))


@pytest.mark.parametrize("load", [even(1000, 1000), poisson(1000, 1000), day(1_000_000)])
def test_a_million_requests_take_no_memory(load: Load) -> None:
    tracemalloc.start()
    try:
        for _ in itertools.islice(load.times(random.Random(1)), 100_000):
            pass
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_a_file_is_labelled_with_its_count_and_length(tmp_path: Path) -> None:
    load = from_file(a_file(tmp_path))
    assert (load.label, load.length_s, times(load)) == ("3 of yesterday.log in 2m", 120.0, [0.0, 60.0, 120.0])
