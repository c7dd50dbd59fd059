"""The one row that is kept of each request, and how each span changes it.  Pure: all transitions stand here.

So a list of 10,000 requests is read, not computed.
"""

from dataclasses import dataclass, replace
from typing import Literal

from local.story.span import DISCORD, GENERATE, INGRESS, REPLY, Span

Kind = Literal["in queue", "drawing", "replying", "waiting", "shown", "told", "failed", "refused", "cancelled"]
KINDS: tuple[Kind, ...] = (
    *("in queue", "drawing", "replying", "waiting"),  # on its way
    *("shown", "told", "failed", "refused", "cancelled"),  # over
)
OVER: frozenset[Kind] = frozenset(KINDS[4:])

_AT_ONCE_S = 0.5  # a task that is due so soon does not wait


@dataclass(frozen=True, slots=True)
class Summary:
    """One request.  since_s: when its kind began; rounds: how often work on it was scheduled; attempts: calls of steps.

    reason: why it waits, a key of reasons.py, "" while it does not; wait_s: how long the last wait is in all.
    blamed: the part that failed last.  replied_s: when the member first saw the picture or the words.
    """

    interaction: int
    begun_s: float
    kind: Kind = "in queue"
    since_s: float = 0.0
    member: str = ""
    member_id: str = ""
    words: str = ""
    command: str = ""
    rounds: int = 0
    attempts: int = 0
    has_error: bool = False
    error: str = ""
    blamed: str = ""
    blamed_s: float = 0.0
    discord_asks: bool = False  # its last answer was 429
    reason: str = ""
    wait_s: float = 0.0
    next_s: float | None = None
    task: str = ""  # full name of the task that holds the request
    execution: str = ""  # id of the newest one
    revision: str = ""
    object: str = ""
    message_id: str = ""
    replied_s: float | None = None
    ended_s: float | None = None

    @property
    def is_over(self) -> bool:
        return self.kind in OVER


def after(summary: Summary, span: Span) -> Summary:
    """The summary after that span began (end_s is None) or ended."""
    if span.end_s is not None and span.is_error:
        summary = _with_error(summary, span, span.end_s)
    if span.what == "delivery":
        return _after_delivery(summary, span)
    if span.what == "edit":
        return replace(summary, discord_asks=span.status == 429) if span.end_s is not None else summary
    if span.what == "call":
        return _after_call(summary, span)
    if summary.kind in ("shown", "cancelled") and span.what != "execution":
        return summary
    match span.what:
        case "task":
            return _after_task(summary, span)
        case "attempt":
            return _after_attempt(summary, span)
        case "execution":
            return _after_execution(summary, span)
        case "sleep" if span.end_s is None:
            return _waiting(summary, span.begin_s, span.next_s or span.begin_s, f"step:{span.step}")
    return summary


def showed(summary: Summary, at_s: float, message_id: str, *, is_picture: bool) -> Summary:
    """After Discord shows the picture, or words in its place."""
    kind: Kind = "shown" if is_picture else "cancelled" if summary.kind == "cancelled" else "told"
    replied_s = at_s if summary.replied_s is None else summary.replied_s
    return replace(_moved(summary, kind, at_s), message_id=message_id, replied_s=replied_s, discord_asks=False)


def cancelled(summary: Summary, at_s: float, why: str) -> Summary:
    """After its tasks were deleted.  What is shown stays shown."""
    if summary.kind == "shown":
        return replace(summary, task="", next_s=None)
    return replace(_moved(summary, "cancelled", at_s), error=why, task="")


def _with_error(summary: Summary, span: Span, at_s: float) -> Summary:
    """A step that fails because of Discord: Discord is blamed, whose error came within the call."""
    blamed = summary.blamed if _is_within(summary, span) else _blamed(span)
    return replace(summary, has_error=True, error=span.sentence, blamed=blamed, blamed_s=at_s)


def _is_within(summary: Summary, span: Span) -> bool:
    return span.target == REPLY and summary.blamed == DISCORD and summary.blamed_s >= span.begin_s


def _blamed(span: Span) -> str:
    return span.part if span.what in ("edit", "refusal", "delivery", "execution") else span.target or span.part


def _after_delivery(summary: Summary, span: Span) -> Summary:
    if span.end_s is None or summary.rounds or summary.is_over:
        return summary
    refused = replace(summary, has_error=True, error=span.sentence, blamed=INGRESS, blamed_s=span.end_s)
    return _moved(refused, "refused", span.end_s)


def _after_task(summary: Summary, span: Span) -> Summary:
    made = replace(summary, rounds=summary.rounds + 1, task=span.task)
    next_s = span.next_s or span.begin_s
    if next_s - span.begin_s <= _AT_ONCE_S:
        return replace(_moved(made, "in queue", span.begin_s), reason=f"line:{span.part}", next_s=next_s)
    reason = "asked" if summary.discord_asks else f"{span.outcome or 'wait'}:{span.part}"
    return _waiting(made, span.begin_s, next_s, reason)


def _after_attempt(summary: Summary, span: Span) -> Summary:
    steps_kind: Kind | None = {GENERATE: "drawing", REPLY: "replying"}.get(span.target)  # type: ignore[assignment]
    if span.end_s is None:
        if steps_kind is None:
            return replace(summary, reason="", next_s=None)
        return replace(_moved(summary, steps_kind, span.begin_s), attempts=summary.attempts + 1)
    held = summary.task == span.task
    if not span.is_error:
        done = replace(summary, task="") if held else summary
        # A step answers its task when nothing more will come; what Discord shows has been told before.
        ended = held and steps_kind is not None and summary.kind == steps_kind
        return _moved(done, "failed", span.end_s) if ended else done
    if span.next_s is None:
        return replace(_moved(summary, "failed", span.end_s), task="") if held else summary
    return _waiting(summary, span.end_s, span.next_s, f"backoff:{span.part}")


def _after_execution(summary: Summary, span: Span) -> Summary:
    if span.end_s is None:
        begun = replace(summary, execution=span.execution, revision=span.revision)
        if span.original:
            begun = replace(begun, rounds=begun.rounds + 1)
        if summary.kind == "shown" or (summary.kind == "cancelled" and not span.original):
            return begun
        if span.outcome == "QUEUED":
            return replace(_moved(begun, "in queue", span.begin_s), reason="places")
        return _moved(begun, "drawing", span.begin_s)
    if span.execution != summary.execution or summary.kind in ("shown", "cancelled"):
        return summary
    if span.outcome == "CANCELLED":
        return _moved(summary, "cancelled", span.end_s)
    if span.outcome == "FAILED" and not summary.is_over:
        return _moved(summary, "failed" if summary.replied_s is None else "told", span.end_s)
    return summary


def _after_call(summary: Summary, span: Span) -> Summary:
    kind: Kind | None = {GENERATE: "drawing", REPLY: "replying"}.get(span.target)  # type: ignore[assignment]
    if kind is None or span.end_s is not None:
        return summary
    called = replace(summary, attempts=summary.attempts + 1)
    return called if summary.kind in ("shown", "cancelled") else _moved(called, kind, span.begin_s)


def _waiting(summary: Summary, at_s: float, next_s: float, reason: str) -> Summary:
    if summary.kind in ("shown", "cancelled"):
        return summary
    return replace(_moved(summary, "waiting", at_s), reason=reason, next_s=next_s, wait_s=next_s - at_s)


def _moved(summary: Summary, kind: Kind, at_s: float) -> Summary:
    since_s = summary.since_s if kind == summary.kind else at_s
    ended_s = at_s if kind in OVER else None
    return replace(summary, kind=kind, since_s=since_s, ended_s=ended_s, reason="", next_s=None)
