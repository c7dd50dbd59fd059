"""Each number in doubt is tried alone; those that turn the verdict come first."""

import dataclasses

from tests.tuning.compare.builders import simulations
from tests.tuning.simulate.builders import cloud, even, our_sources, scenario
from tests.tuning.simulate.examples import an_outage
from tuning.compare.sensitivity import Sensitivity, Trial, sensitivity, sentence, table
from tuning.simulate.answer import Spread

MODEL = cloud()


def _trial(name: str, *, kept: bool = False, recovered_after_s: float | None = 402.5, p99: float = 781.0) -> Trial:
    answer = an_outage()
    spread = dataclasses.replace(answer.s_to_reply, p99=p99)
    parameter = MODEL.parameter(name)
    ends = dataclasses.replace(answer, kept=kept, recovered_after_s=recovered_after_s, s_to_reply=spread)
    return Trial(parameter, parameter.others[0], ends)


def test_every_other_value_of_every_number_in_doubt_is_tried() -> None:
    down = scenario("discord-down", even(1, 20), down_s=5)
    with simulations() as many:
        found = sensitivity(many, our_sources(), down, MODEL, 1)
    assert len(found.trials) == sum(len(parameter.others) for parameter in MODEL.in_doubt()) > 70
    slow = next(one for one in found.trials if (one.parameter.name, one.value) == ("discord.reply_s", 1.5))
    p99, usual = slow.answer.s_to_reply.p99, found.answer.s_to_reply.p99
    assert p99 is not None
    assert usual is not None
    assert p99 > usual
    assert f"none of the {len(MODEL.in_doubt())} numbers that nobody publishes" in sentence(found)


def test_those_that_turn_the_verdict_come_first_then_those_that_move_it_most() -> None:
    flip = _trial("tasks.ramp_s", kept=True)
    never = _trial("executions.queue_look_s", recovered_after_s=None)
    slower = _trial("discord.reply_s", p99=1000.0)
    nothing = _trial("ingress.network_s", p99=790.0)
    found = Sensitivity(an_outage(), [nothing, slower, never, flip])
    assert found.told == [flip, never, slower]
    lines = [sentence(found), "", *table(found).splitlines()]
    assert lines[0] == "That the promise is broken hangs on 1 of the 4 numbers that nobody publishes: tasks.ramp_s."
    assert [line.split()[0] for line in lines[4:7]] == ["tasks.ramp_s", "executions.queue_look_s", "discord.reply_s"]
    assert "never" in lines[5]
    assert lines[7] == "1 other value moves both times by less than 10 %."


def test_an_answer_without_a_picture_is_infinitely_far() -> None:
    trial = _trial("discord.reply_s")
    nothing = dataclasses.replace(trial.answer, s_to_reply=Spread(None, None, None, None))
    found = Sensitivity(an_outage(), [dataclasses.replace(trial, answer=nothing)])
    assert found.moved(found.trials[0]) == float("inf")
