"""Cloud Run ends a request before the ingress answers it."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    ingress = subject.project.ingress
    if ingress.timeout_s <= ingress.answer_within_s:
        yield Found(
            subject.deployment_place("ingress", "timeout"),
            f"Cloud Run ends a request after {ingress.timeout_s:g} s; "
            f"the ingress answers within {ingress.answer_within_s:g} s",
        )


RULE = Rule(
    "function-timeout",
    "error",
    "a time-out of the function that is not above answer_within_s",
    "Cloud Run answers 504 in our place",
    "raise timeout",
    find,
)
