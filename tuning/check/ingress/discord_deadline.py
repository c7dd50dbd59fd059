"""The ingress answers later than Discord waits."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    limit_s, answer_s = subject.model.number("discord.answer_limit_s"), subject.project.ingress.answer_within_s
    network_s = subject.model.distribution("ingress.network_s").quantile(0.99)
    if answer_s + network_s > limit_s:
        yield Found(
            subject.deployment_place("ingress", "answer_within_s"),
            f"{answer_s:g} s and {network_s:g} s of network; Discord waits {limit_s:g} s",
        )


RULE = Rule(
    "discord-deadline",
    "error",
    "an answer that comes later than Discord waits",
    "the member reads “did not respond”, although the picture is drawn",
    "lower answer_within_s",
    find,
)
