"""The calls of one request that cannot succeed: the product of the attempts of all layers."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import Place

MOST = 200


def find(subject: Subject) -> Iterator[Found]:
    if not subject.is_runnable:
        return
    title, life = max(subject.outages.items(), key=lambda pair: len(pair[1].calls))
    if len(life.calls) > MOST:
        by_queue = len(life.calls) - len(life.own_calls)
        queue = next((call.queue for call in life.calls if call.queue is not None), None)
        where = subject.knob_place("longest_wait_s") or Place(subject.file)
        if queue is not None and by_queue > len(life.own_calls):
            where = subject.reply_wait_place(queue)
        yield Found(
            where, f"one request makes up to {len(life.calls)} calls when {title}; more than {MOST} are too many"
        )


RULE = Rule(
    "calls-per-request",
    "warning",
    f"more than {MOST} calls for one request that cannot succeed: the product of the attempts of all layers",
    "a server that comes back is met by all of them at once",
    "lengthen the waits",
    find,
)
