"""The map: each cell is what a single run says."""

from tests.tuning.compare.builders import simulations
from tests.tuning.simulate.builders import cloud, even, our_sources, scenario
from tuning.compare.outage_map import Cell, outage_map, report
from tuning.compare.simulations import Case
from tuning.simulate.scenario import Scenario


def _story(rate: float, down_s: float) -> Scenario:
    return scenario("discord-down", even(rate, 60), down_s=down_s)


def test_each_cell_is_what_a_single_run_says() -> None:
    rates, downs = (2.0, 4.0), (5.0, 20.0)
    with simulations(2) as many:
        cells = outage_map(many, our_sources(), _story, (rates, downs), cloud(), 7)
    answers = [Case(our_sources(), _story(rate, down_s), cloud(), 7).run() for rate in rates for down_s in downs]
    assert [(cell.rate_per_s, cell.down_s) for cell in cells] == [(2, 5), (2, 20), (4, 5), (4, 20)]
    assert [(cell.recovered_after_s, cell.kept) for cell in cells] == [
        (answer.recovered_after_s, answer.kept) for answer in answers
    ]
    assert len({cell.recovered_after_s for cell in cells}) > 1


def test_it_is_a_table_of_shades_with_the_longest_fault_on_top() -> None:
    cells = [Cell(10, 60, 0.0, True), Cell(40, 60, 45.0, True), Cell(10, 600, 402.5, True), Cell(40, 600, None, False)]
    assert report(cells).splitlines()[:5] == [
        "Promise kept in 3 of 4; 1 did not recover.",
        "",
        "10 min  ▓▓▓ 6.7 min  ××× never ✗",
        " 1 min  ··· at once  ░░░ 45 s",
        "        10/s         40/s",
    ]
