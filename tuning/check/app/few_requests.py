"""max_concurrent_requests below what App Engine advises."""

from collections.abc import Iterator

from tuning import app_yaml
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import place

_ADVISED = 10  # Source: App Engine, "app.yaml reference", max_concurrent_requests


def find(subject: Subject) -> Iterator[Found]:
    app = subject.project.app
    if subject.project.form.is_on_app_engine and app.max_concurrent_requests < _ADVISED:
        begins_at = app.max_concurrent_requests * app.target_throughput_utilization
        yield Found(
            place(subject.project.sources, app_yaml.FILE, app_yaml.SCALING, "max_concurrent_requests"),
            f"{app.max_concurrent_requests} calls at once, and App Engine advises {_ADVISED} or more: "
            f"a new instance starts at {begins_at:.2g} calls already",
        )


RULE = Rule(
    "few-requests",
    "warning",
    "max_concurrent_requests below what App Engine advises",
    "it starts more instances than are needed",
    "raise it together with steps.threads, if the memory allows",
    find,
)
