"""A call that begins so late that it may end after Discord's token: the first attempt that can never help."""

from collections.abc import Iterator

from tuning.check.answers import GENERATE, PICTURE, TIMES_OUT, Answer
from tuning.check.finding import Found, Rule
from tuning.check.life import TELL, Call
from tuning.check.subject import Subject

_JITTERS = (0.0, 0.5, 0.999)
RESERVES = {TELL: "failure_reserve_s"}  # of the calls that tell of a failure; that of all others is below
_DELIVER_RESERVE = "deliver_reserve_s"


def slow(call: Call) -> Answer:
    """A picture comes at the last moment, all else never."""
    return Answer(PICTURE.outcome, call.timeout_s * 0.999) if call.path == GENERATE else TIMES_OUT


def hanging(_: Call) -> Answer:
    return TIMES_OUT


def late_call(subject: Subject, begins_s: float) -> Call | None:
    """The first call that may end after the token, in a life that begins then and in which all calls are slow."""
    for answers in (hanging, slow):
        for jitter in _JITTERS:
            for call in subject.life(answers, jitter, begins_s).calls:
                if call.ends_by_s > subject.token_life_s + 0.001:
                    return call
    return None


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable or (call := late_call(subject, 1.0)) is None:
        return
    reserve = subject.knob_place(RESERVES.get(call.path, _DELIVER_RESERVE))
    yield Found(
        reserve or subject.timeout_place(call),
        f"a call of {call.path} may begin at {call.at_s:.0f} s and end at {call.ends_by_s:.0f} s; the token ends at "
        f"{subject.token_life_s:.0f} s",
    )


RULE = Rule(
    "late-attempt",
    "error",
    "the first attempt that can never help: its call may end after Discord's token",
    "it costs a call, and takes the time in which the member could be told",
    "raise the reserve, or lower the time-outs",
    find,
)
