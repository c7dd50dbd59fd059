"""A least number that is above its greatest."""

from collections.abc import Iterator

from tuning import app_yaml
from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject
from tuning.places import place


def find(subject: Subject) -> Iterator[Found]:
    app = subject.project.app
    pairs = {
        "instances": (app.min_instances, app.max_instances),
        "idle_instances": (app.min_idle_instances, app.max_idle_instances),
        "pending_latency": (app.min_pending_latency_s, app.max_pending_latency_s),
    }
    for name, (least, most) in pairs.items():
        if most is not None and least > most:
            where = place(subject.project.sources, app_yaml.FILE, app_yaml.SCALING, f"min_{name}")
            yield Found(where, f"min_{name} is {least:g}, and max_{name} is {most:g}")
    for path, function in subject.functions.items():
        if function.min_instances > function.max_instances:
            yield Found(
                subject.deployment_place(*path, "min_instances"),
                f"min_instances is {function.min_instances}, and max_instances is {function.max_instances}",
            )


RULE = Rule(
    "least-above-most",
    "error",
    "a least number above its greatest",
    "the deployment is refused",
    "exchange them",
    find,
)
