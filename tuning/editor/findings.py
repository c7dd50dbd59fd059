"""The findings of `mando check`, each at the field that it is about; and which of them an edit adds and mends.

Called by worker.py and editor.py.  Out: JSON for the page.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tuning.knobs import knobs
from tuning.places import Place
from tuning.sources import Sources

if TYPE_CHECKING:  # the rules and the simulation are the worker's: `mando up` starts without them
    from tuning.check.rules import Report

Json = dict[str, Any]


def findings(report: "Report", sources: Sources) -> list[Json]:
    """knob: the name of the one that it is about; None where there is none in that line."""
    places = {knob.name: knob.place for knob in knobs(sources)}
    return [one.to_json() | {"knob": _nearest(one.place, places)} for one in report.findings]


def _nearest(place: Place, knobs: dict[str, Place]) -> str | None:
    """A list of numbers stands in one line, and a rule may be about the list: then it is its first number."""
    of_line = {name: at for name, at in knobs.items() if (at.file, at.line) == (place.file, place.line)}
    return min(of_line, key=lambda name: abs(of_line[name].column - place.column), default=None)


def compared(before: Sequence[Json], after: Sequence[Json]) -> Json:
    """findings: those of `after`, is_new where `before` has not the same rule at that line; mended: what is gone."""
    old, new = ({_key(one) for one in every} for every in (before, after))
    return {
        "findings": [one | {"is_new": _key(one) not in old} for one in after],
        "mended": [one for one in before if _key(one) not in new],
    }


def _key(finding: Json) -> tuple[str, ...]:
    """An edit of a number moves columns, and no lines; and it changes the numbers in what is said."""
    return finding["rule"], finding["file"], finding["line"]
