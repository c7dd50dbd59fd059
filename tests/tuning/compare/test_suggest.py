"""The search finds what was made worse on purpose; what it suggests passes the check and keeps the limits."""

import subprocess
from pathlib import Path

import pytest

from tests.tuning.compare.builders import simulations
from tests.tuning.simulate.builders import a_scenario, cloud, even, our_sources
from tests.tuning.simulate.examples import a_quiet_answer, an_outage
from tuning.check.rules import check
from tuning.compare.moves import moves
from tuning.compare.score import Limits, Score, limits_of
from tuning.compare.search import Search
from tuning.compare.suggest import Suggestion, suggest
from tuning.knobs import knobs, with_value
from tuning.simulate.scenario import Scenario, calm
from tuning.sources import Sources


def _suggested(sources: Sources, faults: Scenario, **limits: float) -> Suggestion:
    with simulations() as many:
        return suggest(many, sources, faults, cloud(), [1], **limits)  # type: ignore[arg-type]


def _value(sources: Sources, name: str) -> float:
    return next(float(knob.value) for knob in knobs(sources) if knob.name == name)


def test_a_rate_that_is_far_too_low_is_raised(tmp_path: Path) -> None:
    slow = with_value(our_sources(), "create-image-queue.rate", 2)
    found = _suggested(slow, calm(even(8, 6)))
    assert found.is_better
    assert _value(found.after, "create-image-queue.rate") >= 8
    before, after = found.proof.before.s_to_reply.p99, found.proof.after.s_to_reply.p99
    assert before is not None
    assert after is not None
    assert after < before / 4
    assert [one for one in check(found.after).findings if one.rule.level == "error"] == []
    for file, text in found.before.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(text)
    subprocess.run(["git", "apply", "-"], input=f"{found.diff()}\n", cwd=tmp_path, text=True, check=True)
    assert {file: (tmp_path / file).read_text() for file in found.after} == dict(found.after)


def test_a_reserve_that_ends_before_the_outage_does_is_lowered() -> None:
    """A drawing waits no longer than 100 s after the command; the steps are down for four minutes."""
    hasty = with_value(our_sources(), "mando.draw_reserve_s", 800)
    story = "{part: steps, kind: error, status: 503, ends: 240s}"
    found = _suggested(hasty, a_scenario(even(0.05, 100), story, 15.0), max_told=0)
    assert found.proof.before.told > 2
    assert found.proof.after.told == 0
    assert _value(found.after, "mando.draw_reserve_s") < 800


def test_the_waits_of_a_reply_are_searched_and_the_sizes_of_the_deployment_are_not() -> None:
    own = ("steps.", "ingress.")
    tried = {move.knob for move in moves(our_sources(), (2.0,)) if move.knob.startswith(own)}
    waits = {f"steps.reply_waits.{name}_s" for name in ("first", "longest", "last_attempt")}
    assert tried == {"steps.last_word_s", *waits}


def test_a_longest_wait_of_a_reply_that_outlasts_the_outage_is_shortened() -> None:
    """Discord is down for a minute; whoever is put off then comes a minute or two after it."""
    slow = with_value(with_value(our_sources(), "steps.reply_waits.longest_s", 99), "steps.reply_waits.first_s", 90)
    found = _suggested(slow, a_scenario(even(0.5, 60), "{part: discord, kind: error, status: 503, ends: 60s}", 20.0))
    assert found.is_better
    assert _value(found.after, "steps.reply_waits.first_s") < 90


def test_nothing_is_suggested_above_the_cost() -> None:
    """A larger instance class would be faster, and costs more than twice as much."""
    slow = with_value(our_sources(), "create-image-queue.rate", 2)
    found = _suggested(slow, calm(even(8, 6)), max_cost_usd=0.15)
    assert found.is_better
    assert found.proof.after.cost_usd["total"] <= 0.15


def test_nothing_is_simulated_twice() -> None:
    ours = our_sources()
    other = with_value(ours, "create-image-queue.rate", 2)
    with simulations() as many:
        search = Search(many, calm(even(8, 6)), cloud(), 1)
        first, again, slow, half = (
            search.answers("", tried, share)[0]
            for tried, share in (([ours], 1.0), ([ours, ours], 1.0), ([other], 1.0), ([ours], 0.5))
        )
    assert search.count == 3
    assert first is again
    assert slow.s_to_reply != first.s_to_reply
    assert half.sent < first.sent


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (Score(0, 5.0, 900.0, 9.0), Score(1, 0.0, 1.0, 1.0)),  # the promise before the limits
        (Score(3, 0.0, 900.0, 9.0), Score(4, 0.0, 1.0, 1.0)),
        (Score(0, 0.0, 900.0, 9.0), Score(0, 0.1, 1.0, 1.0)),  # the limits before p99
        (Score(0, 0.0, 9.0, 9.0), Score(0, 0.0, 10.0, 1.0)),
    ],
)
def test_the_promise_comes_first_then_the_limits_then_p99(better: Score, worse: Score) -> None:
    assert better.is_better_than(worse)
    assert not worse.is_better_than(better)


def test_a_hundredth_of_the_p99_is_luck() -> None:
    assert not Score(0, 0.0, 9.9, 1.0).is_better_than(Score(0, 0.0, 10.0, 1.0))


def test_the_limits_count_what_is_above_them() -> None:
    """The outage costs $141.52 and 6,914 are told; 140 could not be reached, 841 were lost."""
    quiet, outage = a_quiet_answer(), an_outage()
    assert limits_of(outage, None, None).score(outage)[:2] == (841, 0.0)
    assert Limits(70.76, 7000, 140).score(outage).over == pytest.approx(1.0)
    assert limits_of(quiet, None, None).score(outage).over == pytest.approx((6914 + 140) / 36_000, abs=1e-6)
