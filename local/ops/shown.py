"""How the pages write states, durations and instants.  Pure.  Used by the templates.

A time that goes on is a <time> element, which the page's script counts; without scripts it is what the server wrote.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from local.story.summary import OVER, Summary
from local.story.words import seconds, state_of

# Where a request of this kind stands: the colour of its sign.
TONES = {
    "in queue": "idle",
    "drawing": "busy",
    "replying": "busy",
    "waiting": "wait",
    "shown": "good",
    "told": "bad",
    "failed": "bad",
    "refused": "bad",
    "cancelled": "idle",
}


@dataclass(frozen=True, slots=True)
class State:
    """A state in words: before, then a time that is counted, then after.  ticks: "" where nothing is counted."""

    before: str
    after: str = ""
    at_s: float = 0.0
    ticks: Literal["", "left", "past"] = ""


def state_parts(summary: Summary, now_s: float) -> State:
    """The words of state_of, with the time in them apart."""
    words = state_of(summary, now_s)
    if summary.is_over:
        return State(words)
    at_s = summary.since_s if summary.kind != "waiting" else summary.next_s or now_s
    before, found, after = words.partition(seconds(abs(at_s - now_s)))
    return State(before, after, at_s, "left" if at_s > now_s else "past") if found else State(words)


def whole(number: float | None) -> str:
    """A duration in whole seconds, as the page's script counts it too."""
    if number is None:
        return "–"
    return seconds(round(number)) if number >= 0.5 else "0 s"


def short(number: float | None) -> str:
    return "–" if number is None else seconds(number)


def stamp(at_s: float) -> str:
    """For <time datetime>."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def clock(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%H:%M:%S} UTC"


def count(number: float) -> str:
    """1, 12,345, 0.7: as few digits as say it."""
    return f"{number:,.0f}" if number == int(number) or number >= 10 else f"{number:.1f}"


def plural(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def over(states: Mapping[str, int]) -> int:
    """How many of the requests, counted by their states, have ended."""
    return sum(count for kind, count in states.items() if kind in OVER)


def indented(text: str) -> str:
    """JSON, a member a line; another text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
