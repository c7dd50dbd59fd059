"""One request as a value: its bars in time, its executions and tasks, when the next try is and why then.  Pure.

In: what was recorded here, or what cloud.py found in a project's logs and executions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from local.story.reasons import NO_FILES, WORKFLOW_FILE, Files, Reason, reason_of
from local.story.span import INGRESS, WORKFLOW, Span, queue_of_task
from local.story.summary import Summary
from local.story.words import name_of, state_of
from local.story.yaml_places import places_of

BarKind = Literal["work", "wait", "error"]
_SHORTEST_WAIT_S = 0.05  # a shorter one is no wait that anybody looks for


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time of one part.  end_s is None while it goes on.  row: bars of one row follow each other.

    sentence: what went wrong; body: the raw answer.  line: of the step in the YAML of that revision, 0 if none.
    """

    part: str
    row: str
    label: str
    begin_s: float
    end_s: float | None
    kind: BarKind
    sentence: str = ""
    body: str = ""
    status: int | None = None
    attempt: int = 0
    execution: str = ""
    task: str = ""
    step: str = ""
    file: str = ""
    line: int = 0
    revision: str = ""


@dataclass(frozen=True, slots=True)
class Execution:
    """original: the id of the one that it repeats; replays: the ids of those that repeat it."""

    id: str
    state: str
    begin_s: float
    end_s: float | None
    revision: str
    original: str = ""
    replays: tuple[str, ...] = ()
    error: str = ""
    argument: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task: its attempts so far, and when the next one is due (None if there is none)."""

    name: str
    queue: str
    created_s: float
    attempts: int
    last_status: int | None
    next_s: float | None


@dataclass(frozen=True, slots=True)
class Story:
    """state: in words.  reply_s: from the member's command to the reply.  others: how many wait for the same reason.

    missing: what is not known, in words.
    """

    summary: Summary
    now_s: float
    state: str
    reply_s: float | None
    bars: tuple[Bar, ...]
    executions: tuple[Execution, ...]
    tasks: tuple[TaskRow, ...]
    why: Reason | None
    others: int
    request: str
    picture: str
    missing: tuple[str, ...] = ()


def story_of(
    summary: Summary,
    spans: Sequence[Span],
    now_s: float,
    *,
    files: Files = NO_FILES,
    sources: Callable[[str], str] = lambda _: "",
    resources: Mapping[str, Mapping[str, Any]] | None = None,
    waiting_for: Callable[[str], int] = lambda _: 0,
    carried: tuple[str | None, str | None] = (None, None),
    missing: Sequence[str] = (),
) -> Story:
    """sources: a revision → its text.  resources: the executions as the API shows them, by id.

    waiting_for: a key of reasons.py → how many requests wait for it.
    """
    ordered = sorted(spans, key=lambda one: one.begin_s)
    bars = [*_waits(ordered, summary), *(_bar(span, sources) for span in ordered if span.what != "task")]
    key = _reason_key(summary, now_s)
    return Story(
        summary,
        now_s,
        state_of(summary, now_s),
        None if summary.replied_s is None else summary.replied_s - summary.begun_s,
        tuple(sorted(bars, key=lambda bar: (bar.begin_s, bar.end_s is not None, -(bar.end_s or 0)))),
        tuple(_executions(ordered, resources or {})),
        tuple(_tasks(ordered)),
        reason_of(key, summary.wait_s, files) if key else None,
        max(0, waiting_for(key) - 1) if key else 0,
        carried[0] or "",
        carried[1] or "",
        tuple(missing),
    )


def _reason_key(summary: Summary, now_s: float) -> str:
    """A task that is overdue stands in the line of its queue."""
    if summary.task and summary.next_s is not None and summary.next_s < now_s - 1:
        return f"line:{queue_of_task(summary.task)}"
    return summary.reason


def _bar(span: Span, sources: Callable[[str], str]) -> Bar:
    kind: BarKind = "error" if span.is_error else "wait" if span.what == "sleep" else "work"
    line = places_of(sources(span.revision)).steps.get(span.step, 0) if span.step else 0
    return Bar(
        part=span.part,
        row=_row(span),
        label=_label(span),
        begin_s=span.begin_s,
        end_s=span.end_s,
        kind=kind,
        sentence=span.sentence,
        body=span.body,
        status=span.status,
        attempt=span.attempt,
        execution=span.execution,
        task=span.task,
        step=span.step,
        file=WORKFLOW_FILE if line else "",
        line=line,
        revision=span.revision,
    )


def _row(span: Span) -> str:
    if span.what in ("call", "sleep"):
        return f"{WORKFLOW} {span.execution[:8]} {span.step}"
    if span.what == "execution":
        return f"{WORKFLOW} {span.execution[:8]}"
    return span.part


def _label(span: Span) -> str:
    step = span.step.rpartition(".")[2]
    put_off = ", put off" if span.outcome == "put off" else ""
    match span.what:
        case "delivery":
            return f"{name_of(INGRESS)} answers Discord"
        case "attempt":
            whom = name_of(span.target) if span.target else "its target"
            return f"{span.part} calls {whom}, attempt {span.attempt}{put_off}"
        case "refusal":
            return f"{span.part} is asked to take a task"
        case "execution":
            replay = f", a replay of {span.original[:8]}" if span.original else ""
            return f"execution {span.execution[:8]}{replay}"
        case "call":
            return f"{step} calls {name_of(span.target) if span.target else 'an address'}"
        case "sleep":
            return f"{step} waits"
    return "the reply step writes to Discord"


def _waits(ordered: Sequence[Span], summary: Summary) -> list[Bar]:
    """The waits of each task: from its creation, or the end of an attempt, to the next attempt or its deletion."""
    found = []
    for name, told in _by_task(ordered).items():
        for before, following in zip(told, [*told[1:], None], strict=True):
            begin_s = before.end_s
            goes_on = before.what == "task" or before.next_s is not None
            if begin_s is None or not goes_on:
                continue
            end_s = following.begin_s if following else None
            if end_s is None and name != summary.task:
                end_s = max(begin_s, summary.ended_s or begin_s)
            if end_s is None or end_s - begin_s >= _SHORTEST_WAIT_S:
                label = f"waits in {before.part}"
                found.append(Bar(before.part, before.part, label, begin_s, end_s, "wait", task=name))
    return found


def _by_task(ordered: Sequence[Span]) -> Mapping[str, Sequence[Span]]:
    """What happened to each task."""
    found: dict[str, list[Span]] = {}
    for span in ordered:
        if span.what in ("task", "attempt"):
            found.setdefault(span.task, []).append(span)
    return found


def _executions(ordered: Sequence[Span], resources: Mapping[str, Mapping[str, Any]]) -> list[Execution]:
    begun = [span for span in ordered if span.what == "execution"]
    found = []
    for span in begun:
        resource = resources.get(span.execution, {})
        found.append(
            Execution(
                span.execution,
                str(resource.get("state", span.outcome)),
                span.begin_s,
                span.end_s,
                span.revision,
                span.original,
                tuple(one.execution for one in begun if one.original == span.execution),
                span.sentence,
                str(resource.get("argument", "")),
                str(resource.get("result", "")),
            )
        )
    return found


def _tasks(ordered: Sequence[Span]) -> list[TaskRow]:
    found = []
    for name, told in _by_task(ordered).items():
        attempts = [span for span in told if span.what == "attempt"]
        statuses = [span.status for span in attempts if span.end_s is not None]
        last = told[-1]
        next_s = None if last.what == "attempt" and last.end_s is None else last.next_s
        found.append(
            TaskRow(
                name, queue_of_task(name), told[0].begin_s, len(attempts), statuses[-1] if statuses else None, next_s
            )
        )
    return found
