"""A process of the steps has not as many threads as its instance is sent calls at once."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.project import DEPLOYMENT_YAML


def find(subject: Subject) -> Iterator[Found]:
    for host in subject.hosts.all:
        if host.threads == host.concurrency:
            continue
        file, path = ("app.yaml", ("steps", "threads")) if host.name == "app" else (
            DEPLOYMENT_YAML, ("functions", host.name, "concurrency")
        )  # fmt: skip
        yield Found(
            subject.deployment_place(*path),
            f"{host.threads} threads, and {file} sends an instance {host.concurrency} calls at once",
        )


RULE = Rule(
    "threads",
    "error",
    "another number of threads of a process than max_concurrent_requests, or the concurrency of a function",
    "with fewer, calls wait for a thread when one process gets them all; more are never used",
    "make both numbers equal",
    find,
)
