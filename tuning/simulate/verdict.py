"""One sentence that says how a simulation ended.  Called by text.py and by the page.

In: an Answer.  Out: the promise, the recovery, the number nearest to its limit, the cost with the date of its prices.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tuning.simulate.answer import Answer
from tuning.simulate.words import count, dollars, duration

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Limited:
    """A number of the answer (its path in as_json) that must stay below a limit (its name in Answer.limits)."""

    path: tuple[str, str]
    limit: str
    words: str


# How a request can end, but for a picture; and what is shown twice.
_ENDS = (
    ("told", "were told why not"),
    ("late", "came late, from the bot"),
    ("lost", "were lost"),
    ("unreachable", "could not be reached at any time"),
    ("duplicates", "were shown twice"),
)
# Instances are not here: their maximum is meant to be reached.
_LIMITED = (
    _Limited(("executions", "most_at_once"), "executions", "executions at once"),
    _Limited(("executions", "most_queued"), "queued", "executions queued for a place"),
)


def verdict(answer: Answer) -> str:
    """One sentence in plain words."""
    said = answer.as_json()
    parts = [_promise(said), *_recovery(answer), *_nearest_to_its_limit(said, answer.limits), _cost(answer)]
    return "; ".join(parts) + "."


def verdict_against(before: Answer, after: Answer, name: str) -> str:
    """The sentence of `after`, and in another one what was said of `before`, whose name is given."""
    return f"{verdict(after)} With {name}: {_first_lower(verdict(before))}"


def _promise(said: Json) -> str:
    ends = [(said["pictures"], "got a picture"), *((said[key], words) for key, words in _ENDS)]
    if not said["acknowledged"]:
        of = "no request was acknowledged"
    elif said["pictures"] == said["acknowledged"] and not said["duplicates"]:
        of = f"each of {count(said['acknowledged'])} acknowledged requests got its picture"
    else:
        listed = [f"{count(number)} {words}" for number, words in ends if number]
        of = f"of {count(said['acknowledged'])} acknowledged requests {_and(listed)}"
    refused = f" ({count(said['refused'])} were refused at once)" if said["refused"] else ""
    return f"Promise {'kept' if said['kept'] else 'broken'}: {of}{refused}"


def _recovery(answer: Answer) -> Iterator[str]:
    if not answer.faults:
        return
    if answer.recovered_after_s is None:
        yield "it did not recover after the fault"
    elif answer.recovered_after_s < 1 and max(fault.ends_s for fault in answer.faults) > answer.length_s:
        yield "no request came after the fault"
    elif answer.recovered_after_s < 1:
        yield "it recovered as soon as the fault ended"
    else:
        yield f"it recovered {duration(answer.recovered_after_s)} after the fault"


def _nearest_to_its_limit(said: Json, limits: Mapping[str, float]) -> Iterator[str]:
    found = [(said[row.path[0]][row.path[1]], limits[row.limit], row.words) for row in _LIMITED if row.limit in limits]
    if found:
        number, limit, words = max(found, key=lambda one: one[0] / one[1])
        yield f"at most {count(number)} of {count(limit)} {words}"


def _cost(answer: Answer) -> str:
    return f"{dollars(answer.cost_usd['total'])} at the prices of {answer.prices_as_of}"


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _first_lower(text: str) -> str:
    return text[0].lower() + text[1:]
