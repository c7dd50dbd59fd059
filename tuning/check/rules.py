"""The table of all rules, and the check of a project by them.  docs/tuning.md is made from the same table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tuning.check.answers import read_errors
from tuning.check.app import few_requests, order, threads
from tuning.check.finding import Finding, Found, Rule
from tuning.check.ingress import (
    discord_deadline,
    function_timeout,
    member_share,
    names,
    processor,
    refuse_after,
    settings,
    tell_after,
)
from tuning.check.ingress import in_flight as ingress_in_flight
from tuning.check.outage import bill, calls, executions, retry_load
from tuning.check.queue import (
    burst,
    drawing,
    in_flight,
    last_word,
    paused,
    reply_given_up,
    reply_in_flight,
    reply_waits,
    retries_end,
    retries_late,
    start_quota,
    steps_in_flight,
    upload,
    urgent_rate,
)
from tuning.check.subject import Subject
from tuning.check.workflow import (
    call_deadline,
    error_unmet,
    gives_up_early,
    good_path,
    late_attempt,
    no_jitter,
    permanent_repeated,
    retry_after,
    step_time,
    task_refused,
    unset_variable,
    untold,
)
from tuning.model import read_model
from tuning.places import Mistake, Place, Unreadable
from tuning.prices import read_prices
from tuning.project import ProjectError, read_project
from tuning.sources import Sources


def _nothing(_: Subject) -> Iterator[Found]:
    """Only files that can be read come so far: check() says which cannot."""
    return iter(())


UNREADABLE = Rule(
    "unreadable",
    "error",
    "a file that is missing or no YAML, an unknown or repeated field, a wrong type, a workflow that does not compile",
    "a deployment would be refused, or would not do what the text says",
    "correct it",
    _nothing,
)
# In the order of docs/tuning.md: the workflow, the queue, App Engine, the ingress, an outage.
RULES: tuple[Rule, ...] = (
    UNREADABLE,
    good_path.RULE,
    unset_variable.RULE,
    permanent_repeated.RULE,
    error_unmet.RULE,
    retry_after.RULE,
    untold.RULE,
    late_attempt.RULE,
    gives_up_early.RULE,
    no_jitter.RULE,
    call_deadline.RULE,
    step_time.RULE,
    task_refused.RULE,
    paused.RULE,
    start_quota.RULE,
    in_flight.RULE,
    burst.RULE,
    drawing.RULE,
    upload.RULE,
    steps_in_flight.RULE,
    retries_end.RULE,
    retries_late.RULE,
    reply_in_flight.RULE,
    reply_given_up.RULE,
    last_word.RULE,
    reply_waits.RULE,
    urgent_rate.RULE,
    threads.RULE,
    few_requests.RULE,
    order.RULE,
    names.RULE,
    settings.RULE,
    discord_deadline.RULE,
    function_timeout.RULE,
    processor.RULE,
    ingress_in_flight.RULE,
    refuse_after.RULE,
    tell_after.RULE,
    member_share.RULE,
    executions.RULE,
    retry_load.RULE,
    calls.RULE,
    bill.RULE,
)


# What only a workflow can do wrong; the others look at every form.
OF_WORKFLOW = frozenset(
    part.RULE
    for part in (
        *(good_path, unset_variable, permanent_repeated, error_unmet, retry_after, untold, late_attempt),
        *(gives_up_early, no_jitter, call_deadline, step_time, task_refused),
        *(start_quota, executions, retry_load, bill),
    )
)


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, in the order of files and lines.  subject: None where the files cannot be read."""

    findings: tuple[Finding, ...]
    subject: Subject | None


def check(sources: Sources, rules: Iterable[Rule] = RULES) -> Report:
    """Look at the texts with these rules; a text that cannot be read is told in any case."""
    mistakes: list[Mistake] = []
    subject = _read(sources, mistakes)
    if subject is None:
        return Report(tuple(Finding(one.place, one.what, UNREADABLE) for one in sorted(mistakes, key=_place)), None)
    asked = [rule for rule in rules if subject.project.has_workflow or rule not in OF_WORKFLOW]
    found = [Finding(one.place, one.what, rule) for rule in asked for one in rule.find(subject)]
    return Report(tuple(sorted(dict.fromkeys(found), key=_place)), subject)


def unreadable(file: str, what: str) -> Report:
    """The report on a project with a file that is no text."""
    return Report((Finding(Place(file), what, UNREADABLE),), None)


def _read(sources: Sources, mistakes: list[Mistake]) -> Subject | None:
    """What the rules look at; None, and mistakes, where a file cannot be read."""
    try:
        project = read_project(sources)
    except ProjectError as error:
        mistakes.extend(error.mistakes)
    try:
        errors = read_errors(sources)
    except Unreadable as error:
        mistakes.extend(error.mistakes)
    return None if mistakes else Subject(project, errors, read_model("cloud"), read_prices())


def _place(one: Mistake | Finding) -> Place:
    return one.place
