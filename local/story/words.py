"""The state of a request in words, and durations for people.  Pure."""

from local.story.span import DISCORD, GENERATE, INGRESS, REPLY, WORKFLOW, queue_of_task
from local.story.summary import Summary

_NAMES = {
    DISCORD: "Discord",
    INGRESS: "the ingress",
    WORKFLOW: "the workflow",
    GENERATE: "the drawing step",
    REPLY: "the reply step",
}
_OVERDUE_S = 1.0


def name_of(part: str) -> str:
    """The part of a way, as people call it; a queue has its own name."""
    return _NAMES.get(part, part)


def state_of(summary: Summary, now_s: float) -> str:
    match summary.kind:
        case "in queue" if not summary.rounds:
            return "at the ingress"
        case "in queue":
            return f"in {_queue(summary)}, for {seconds(now_s - summary.since_s)}{_round(summary)}"
        case "drawing" | "replying":
            return f"{summary.kind}{_round(summary)}, for {seconds(now_s - summary.since_s)}"
        case "waiting":
            whom = f"waiting for {name_of(summary.blamed)}" if summary.blamed else "waiting"
            return f"{whom}{_round(summary)}, {_next(summary, now_s)}"
        case "shown":
            return f"shown after {seconds((summary.replied_s or summary.since_s) - summary.begun_s)}"
        case "told":
            return f"told of a failure after {seconds((summary.replied_s or summary.since_s) - summary.begun_s)}"
        case "failed":
            return f"failed: {summary.error}" if summary.error else "failed"
        case "refused":
            return f"refused at the ingress: {summary.error}"
        case "cancelled":
            return "cancelled, and the member was told" if summary.replied_s else "cancelled"


def seconds(number: float) -> str:
    """A duration: 0.42 s, 12 s, 3 min 5 s, 2 h 1 min."""
    number = max(0.0, number)
    if number < 10:
        return f"{number:.2g} s" if number >= 0.1 else f"{number * 1000:.0f} ms"
    whole = round(number)
    if whole < 120:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 120:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def _next(summary: Summary, now_s: float) -> str:
    left_s = (summary.next_s or now_s) - now_s
    if left_s > 0:
        return f"next try in {seconds(left_s)}"
    if left_s > -_OVERDUE_S or not summary.task:
        return "next try now"
    return f"due for {seconds(-left_s)}, in the line of {_queue(summary)}"


def _queue(summary: Summary) -> str:
    return queue_of_task(summary.task) or "the line of executions"


def _round(summary: Summary) -> str:
    return f", round {summary.rounds}" if summary.rounds > 1 else ""
