"""The story of a request of a project in the cloud, from what Cloud Logging and Workflow Executions tell.  Pure.

In: the log's entries as `gcloud logging read --format=json` prints them, and the executions that they name.
Source of the fields: ingress/main.py and steps/app.py, which write the entries.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from local.story.span import DISCORD, GENERATE, INGRESS, REPLY, WORKFLOW, Span, asked_at_s, queue_of_task
from local.story.story import Story, story_of
from local.story.summary import Summary, after, showed

Entry = Mapping[str, Any]
_STEP = re.compile(r"/(generate-image|reply-discord) (.*)", re.DOTALL)
_ENQUEUED = re.compile(r"enqueued (\S+)")
_MISSING = (
    "attempts of tasks that never reached a step, unless the queue logs its operations",
    "waits within an execution; its step entries have them",
)


@dataclass(frozen=True, slots=True)
class CloudExecution:
    """One execution.  Times are RFC 3339; ended is "" while it runs.  error: in one sentence."""

    id: str
    state: str
    began: str
    ended: str
    revision: str
    argument: str = ""
    result: str = ""
    error: str = ""
    original: str = ""


def query(interaction: int) -> str:
    """The filter for Cloud Logging.  docs/operating.md shows it."""
    return f'jsonPayload.interaction_id="{interaction}" AND timestamp>="{_begin(interaction)}"'


def executions_in(interaction: int, entries: Iterable[Entry]) -> list[str]:
    """The ids of the executions that the entries name, in their order."""
    found: dict[str, None] = {}
    for entry in entries:
        payload = entry.get("jsonPayload", {})
        if execution := payload.get("execution"):
            found[str(execution)] = None
        # A task that an execution has made is named EXECUTION-INTERACTION.
        made_by, _, _ = str(payload.get("task", "")).partition(f"-{interaction}")
        if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made_by):
            found[made_by] = None
    return list(found)


def story_of_cloud(
    interaction: int, entries: Sequence[Entry], executions: Sequence[CloudExecution], now_s: float
) -> Story:
    spans = [*_spans(interaction, entries), *(_execution(interaction, one) for one in executions)]
    shown = [(_seconds(one["timestamp"]), one["jsonPayload"]["shows"]) for one in entries if _shows(one)]
    resources = {one.id: {"state": one.state, "argument": one.argument, "result": one.result} for one in executions}
    missing = [*(["the log has no entry of it; entries are kept for 30 days"] if not entries else []), *_MISSING]
    return story_of(_summary(interaction, spans, shown), spans, now_s, resources=resources, missing=missing)


def _summary(interaction: int, spans: Sequence[Span], shown: Sequence[tuple[float, str]]) -> Summary:
    """All that happened, in its order."""
    summary = Summary(interaction, asked_at_s(interaction))
    happened: list[tuple[float, int, Span | str]] = [(at_s, 1, what) for at_s, what in shown]
    for span in spans:
        happened.append((span.begin_s, 0, span if span.what == "task" else replace(span, end_s=None, is_error=False)))
        if span.end_s is not None and span.what != "task":
            happened.append((span.end_s, 2, span))
    for at_s, _, what in sorted(happened, key=lambda one: one[:2]):
        if isinstance(what, str):
            summary = showed(summary, at_s, "", is_picture=what == "picture")
        else:
            summary = after(summary, what)
    return summary


def _spans(interaction: int, entries: Sequence[Entry]) -> Iterable[Span]:
    for entry in entries:
        payload = entry.get("jsonPayload", {})
        message, at_s = str(payload.get("message", "")), _seconds(entry["timestamp"])
        if found := _ENQUEUED.fullmatch(message):
            yield Span(interaction, "delivery", INGRESS, min(asked_at_s(interaction), at_s), at_s, status=200)
            yield _task(interaction, found[1], at_s, at_s, "line")
        elif step := _STEP.fullmatch(message):
            yield from _call(interaction, payload, step[1], step[2], at_s)
        else:
            is_error = entry.get("severity") in ("ERROR", "CRITICAL")
            yield Span(interaction, "delivery", INGRESS, at_s, at_s, is_error=is_error, sentence=message)


def _call(interaction: int, payload: Mapping[str, Any], part: str, said: str, at_s: float) -> Iterable[Span]:
    """A call of a step: by a task or by an execution; and the task that it made."""
    status = int(payload.get("status", 0))
    is_error = status >= 300
    begin_s = at_s - float(payload.get("ms", 0)) / 1000
    if "waits_in" in payload:
        due_s = _seconds(str(payload.get("due", ""))) if payload.get("due") else at_s
        yield _task(interaction, str(payload["waits_in"]), at_s, due_s, "steps")
        yield Span(interaction, "edit", DISCORD, begin_s, at_s, REPLY, True, _discord_status(said), sentence=said)
    is_task = "task" in payload
    yield Span(
        interaction,
        "attempt" if is_task else "call",
        str(payload.get("queue", "queue")) if is_task else WORKFLOW,
        begin_s,
        at_s,
        GENERATE if part == GENERATE else REPLY,
        is_error,
        status,
        outcome="put off" if status == 202 else "",
        sentence=said if is_error else "",
        attempt=int(payload.get("attempt", 0)),
        execution="" if is_task else str(payload.get("execution", "")),
        task=str(payload.get("task", "")),
    )


def _task(interaction: int, name: str, at_s: float, due_s: float, maker: str) -> Span:
    return Span(interaction, "task", queue_of_task(name), at_s, at_s, outcome=maker, task=name, next_s=due_s)


def _execution(interaction: int, one: CloudExecution) -> Span:
    return Span(
        interaction,
        "execution",
        WORKFLOW,
        _seconds(one.began),
        _seconds(one.ended) if one.ended else None,
        is_error=one.state in ("FAILED", "CANCELLED"),
        outcome=one.state,
        sentence=one.error,
        execution=one.id,
        revision=one.revision,
        original=one.original,
    )


def _shows(entry: Entry) -> bool:
    return "shows" in entry.get("jsonPayload", {})


def _discord_status(said: str) -> int | None:
    found = re.search(r"Discord answered ([0-9]{3})", said)
    return int(found[1]) if found else 429 if "limits" in said else None


def _begin(interaction: int) -> str:
    return f"{datetime.fromtimestamp(asked_at_s(interaction) - 60, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _seconds(instant: str) -> float:
    return datetime.fromisoformat(instant).timestamp()
