"""Cloud Run ends a request before the function answers it."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    ingress, steps = subject.project.ingress, subject.project.deployment.steps
    bucket_s, discord_s = steps.bucket_timeout.longest_s, steps.discord_timeout.longest_s
    # As step-time; after the picture /reply-discord may have to say why there is none.
    longest_s = {"generate": 2 * bucket_s, "reply": bucket_s + 2 * discord_s}
    for path, function in subject.functions.items():
        answers_s = longest_s.get(path[-1], ingress.answer_within_s)
        if function.timeout_s <= answers_s:
            who = "the ingress" if function is ingress else f"the function {path[-1]}"
            yield Found(
                subject.deployment_place(*path, "timeout"),
                f"Cloud Run ends a request after {function.timeout_s:g} s; {who} answers within {answers_s:g} s",
            )


RULE = Rule(
    "function-timeout",
    "error",
    "a time-out of a function that is not above answer_within_s, or what a step needs at worst",
    "Cloud Run answers 504 in our place",
    "raise timeout",
    find,
)
