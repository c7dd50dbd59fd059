"""Little's law at the ingress: requests under way = rate × time of an answer, and they must fit the instances."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    ingress, rate = subject.project.ingress, subject.queue.rate.max_dispatches_per_s
    room = ingress.max_instances * ingress.concurrency
    if rate * ingress.answer_within_s > room:
        yield Found(
            subject.deployment_place("ingress", "max_instances"),
            f"{rate:g}/s × {ingress.answer_within_s:g} s = {rate * ingress.answer_within_s:.0f} requests under way "
            f"when the queue is slow; {ingress.max_instances} instances take {ingress.concurrency} each, so {room}",
        )


RULE = Rule(
    "ingress-in-flight",
    "warning",
    "more requests under way than the instances of the ingress take (Little's law)",
    "Cloud Run answers 429, and the member reads “did not respond”",
    "raise concurrency or max_instances",
    find,
)
