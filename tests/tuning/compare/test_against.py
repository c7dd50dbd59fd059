"""Two versions: the same luck for both, and a band that says how far a difference is luck."""

from tests.tuning.compare.builders import simulations
from tests.tuning.simulate.builders import cloud, even, our_sources, scenario
from tests.tuning.simulate.examples import a_mended_outage, a_quiet_answer, an_outage
from tuning.compare.against import bands, compare
from tuning.knobs import with_value
from tuning.simulate.scenario import calm
from tuning.simulate.table import differences
from tuning.simulate.text import report_against


def test_two_versions_with_the_same_texts_differ_in_nothing_under_any_seed() -> None:
    down = scenario("discord-down", even(5, 30), down_s=10)
    with simulations() as many:
        found = compare(many, (our_sources(), our_sources()), down, cloud(), range(1, 4))
    assert found.before == found.after
    assert len(found.bands) > 20
    assert set(found.bands.values()) == {(0.0, 0.0)}
    assert all(one.is_equal for one in differences(found.before, found.after, found.bands))


def test_a_queue_that_is_too_slow_is_worse_by_a_band_without_zero() -> None:
    slow = with_value(our_sources(), "create-image-queue.rate", 2)
    with simulations() as many:
        found = compare(many, (our_sources(), slow), calm(even(10, 20)), cloud(), range(1, 4))
    low, high = found.bands["s_to_reply", "p99"]
    assert 10 < low < high
    assert "worse" in report_against(found.before, found.after, ("main", "here"), found.bands)


def test_a_band_goes_from_the_5th_to_the_95th_percentile_of_the_differences() -> None:
    """36,000 pictures before; 28,105 and 35,860 after: 5 and 95 hundredths of the way from one to the other."""
    quiet = a_quiet_answer()
    found = bands([(quiet, an_outage()), (quiet, a_mended_outage())])
    low, high = found["pictures",]
    assert (round(low, 2), round(high, 2)) == (-7895 + 0.05 * 7755, -7895 + 0.95 * 7755)
    assert ("recovered_after_s",) not in found  # the quiet one has none


def test_one_seed_makes_no_band() -> None:
    assert bands([(a_quiet_answer(), an_outage())]) == {}
