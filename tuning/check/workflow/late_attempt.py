"""A call that begins so late that it may end after Discord's token: the first attempt that can never help."""

from collections.abc import Iterator

from tuning.check.answers import REPLY
from tuning.check.finding import Found, Rule
from tuning.check.life import Call, Life
from tuning.check.outages import hanging, refusing, slow
from tuning.check.subject import Subject

_JITTERS = (0.0, 0.5, 0.999)
_DRAW_RESERVE, _REPLY_RESERVE = "draw_reserve_s", "reply_reserve_s"
_LATE = 0.8  # of the token's life
_LOOK_EVERY_S = 5


def late_call(subject: Subject, begins_s: float) -> tuple[Life, Call] | None:
    """The first call that may end after the token, in a life that begins then and in which all calls are slow."""
    for answers in (hanging, slow):
        for jitter in _JITTERS:
            life = subject.life(answers, jitter, begins_s)
            for call in life.own_calls:
                if call.ends_by_s > subject.token_life_s + 0.001:
                    return life, call
    return None


def late_first_attempt(subject: Subject) -> Call | None:
    """The first attempt of a reply that waits, if it begins so late that its step may end after the token."""
    steps = subject.project.deployment.steps
    call_s = steps.bucket_timeout.longest_s + steps.discord_timeout.longest_s
    for begins_s in range(int(_LATE * subject.token_life_s), int(subject.token_life_s), _LOOK_EVERY_S):
        calls = [call for call in subject.life(refusing, 0.0, begins_s).calls if call.queue is not None]
        if calls and calls[0].at_s + call_s > subject.token_life_s:
            return calls[0]
    return None


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable:
        return
    ends = f"the token ends at {subject.token_life_s:.0f} s"
    if (found := late_call(subject, 1.0)) is not None:
        life, call = found
        reserve = subject.knob_place(_REPLY_RESERVE if life.made(REPLY) else _DRAW_RESERVE)
        what = f"a call of {call.path} may begin at {call.at_s:.0f} s and end at {call.ends_by_s:.0f} s; {ends}"
        yield Found(reserve or subject.timeout_place(call), what)
    if (late := late_first_attempt(subject)) is not None:
        what = f"the first attempt of a reply that waits may begin at {late.at_s:.0f} s, too late for its time-outs"
        yield Found(subject.knob_place(_REPLY_RESERVE) or subject.step_place(late.step), f"{what}; {ends}")


RULE = Rule(
    "late-attempt",
    "error",
    "the first attempt that can never help: its call may end after Discord's token",
    "it costs a call, and takes the time in which the member could be told",
    "raise the reserve, or lower the time-outs",
    find,
)
