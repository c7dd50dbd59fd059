"""Many simulations: in any number of processes they say the same, and a mistake in one ends all."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.tuning.compare.builders import simulations
from tests.tuning.simulate.builders import cloud, even, our_sources, scenario
from tuning.compare.simulations import Case, Show, Simulations
from tuning.project import ProjectError

DOWN = scenario("discord-down", even(5, 30), down_s=10)
CASES = [Case(our_sources(), DOWN, cloud(), seed) for seed in (1, 2, 3)]


def test_two_processes_give_the_same_answers_as_one_in_the_same_order() -> None:
    with simulations(1) as one, simulations(2) as two:
        alone, together = one.answers("", CASES), two.answers("", CASES)
    assert repr(alone) == repr(together)
    assert [answer.seed for answer in together] == [1, 2, 3]
    assert alone[0].s_to_reply != alone[1].s_to_reply


def test_a_case_alone_needs_no_process_of_its_own_and_says_the_same() -> None:
    with simulations(2) as many:
        assert many.answers("", CASES[:1]) == [CASES[0].run()]


@pytest.mark.parametrize("processes", [1, 2])
def test_the_bar_counts_the_requests_of_all_cases(processes: int) -> None:
    seen: list[int] = []
    lengths: list[int] = []

    @contextmanager
    def bar(label: str, requests: int) -> Iterator[Show]:
        lengths.append(requests)
        yield seen.append

    with Simulations(bar, processes) as many:
        many.answers("", CASES)
    assert lengths == [450]
    assert seen[-1] == 450


@pytest.mark.parametrize("processes", [1, 2])
def test_what_a_case_raises_ends_all(processes: int) -> None:
    broken = Case({**our_sources(), "queue.yaml": "queue: fast\n"}, DOWN, cloud(), 1)
    with simulations(processes) as many, pytest.raises(ProjectError, match=r"queue\.yaml:1:8"):
        many.answers("", [CASES[0], broken])
