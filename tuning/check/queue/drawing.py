"""The queue starts more than the instances can draw."""

from collections.abc import Iterator

from tuning.check.finding import Found, Rule
from tuning.check.subject import Subject


def find(subject: Subject) -> Iterator[Found]:
    if subject.queue is None:
        return
    rate, cores = subject.queue.rate.max_dispatches_per_s, subject.cores
    each_s = subject.model.number("steps.generate_cpu_s") + subject.model.number("steps.reply_cpu_s")
    if rate * each_s > cores:
        yield Found(
            subject.queue_place("rate"),
            f"{rate:g}/s × {each_s * 1000:.0f} ms of a processor = {rate * each_s:.2g} cores; "
            f"{subject.project.app.max_instances} instances {subject.project.app.instance_class} have {cores:.2g}",
        )


RULE = Rule(
    "drawing",
    "warning",
    "a rate above what the instances' processors draw",
    "calls pile up at App Engine until it aborts them",
    "lower the rate, or raise max_instances or instance_class in app.yaml",
    find,
)
