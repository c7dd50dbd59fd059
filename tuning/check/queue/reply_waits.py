"""The waits of a reply that puts itself off, and what is kept of the token's life, do not fit each other."""

from collections.abc import Iterator

from tuning.app_yaml import ENVIRONMENT
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject

_LAST = ("tasks.dispatch_s", "storage.read_s", "discord.reply_s")  # what the last attempt takes
_USUALLY = 0.9  # of the calls are as fast


def find(subject: Subject) -> Iterator[Found]:
    steps, place = subject.project.deployment.steps, subject.deployment_place
    waits = steps.reply_waits
    if waits is None:
        return
    if waits.first_s > waits.longest_s:
        yield Found(
            place("steps", "reply_waits", "first_s"),
            f"the shortest wait is {waits.first_s:g} s, the longest {waits.longest_s:g} s: every reply waits as long",
        )
    apart_s = waits.longest_s + steps.bucket_timeout.longest_s + steps.discord_timeout.longest_s
    if steps.last_word_s < apart_s:
        yield Found(
            place("steps", "last_word_s"),
            f"{steps.last_word_s:g} s; two attempts of a reply lie up to {apart_s:g} s apart: {waits.longest_s:g} s of "
            f"waiting and a call, so that only the last attempt may have a word for the member",
        )
    last_s = sum(subject.model.distribution(name).quantile(_USUALLY) for name in _LAST)
    if waits.last_attempt_s < last_s:
        yield Found(
            place("steps", "reply_waits", "last_attempt_s"),
            f"the last attempt begins {waits.last_attempt_s:g} s before the token's end; one of ten takes "
            f"{last_s:.2g} s",
        )
    reply, urgent = subject.project.next_queues
    if reply == urgent:
        yield Found(
            subject.app_place(ENVIRONMENT, "URGENT_QUEUE"),
            f"{urgent} has all replies: the urgent ones wait in its crowd",
        )


RULE = Rule(
    "reply-waits",
    "warning",
    "waits of a reply that do not fit each other or the end of the token's life",
    "after a long outage members get no picture whose tokens still live, or no word",
    "choose first_s < longest_s < last_word_s, a last_attempt_s in which a picture is shown, and two queues",
    find,
)
