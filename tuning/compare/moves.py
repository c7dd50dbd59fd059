"""The numbers that the search may change, and what they may become.  Called by suggest."""

from collections.abc import Iterator
from dataclasses import dataclass

from tuning.app_yaml import FILE as APP_YAML
from tuning.knobs import Knob, knobs, with_value
from tuning.project import QUEUE_YAML, ProjectError, read_project
from tuning.sources import Sources

Value = float | str

# Of deploy/deployment.yaml: how long a reply waits.  All else there is a size that app.yaml has too, or a time-out.
_WAITS_OF_STEPS = ("steps.last_word_s", "steps.reply_waits.")


@dataclass(frozen=True, slots=True)
class Move:
    """A knob, and the values to try, the nearest first."""

    knob: str
    values: tuple[Value, ...]


def moves(sources: Sources, factors: tuple[float, ...]) -> Iterator[Move]:
    """Up and down from where each knob is, by these factors; a word has every other word of its list."""
    for knob in knobs(sources):
        if not _is_searched(knob):
            continue
        if isinstance(knob.value, str):
            yield from (Move(knob.name, (choice,)) for choice in knob.choices if choice != knob.value)
            continue
        for steps in (factors, tuple(1 / factor for factor in factors)):
            values = tuple(dict.fromkeys(_near(knob.value, factor) for factor in steps))
            if values := tuple(value for value in values if value != knob.value):
                yield Move(knob.name, values)


def moved(sources: Sources, knob: str, value: Value) -> Sources | None:
    """The texts with that value; None where they cannot be read then."""
    changed = with_value(sources, knob, value)
    try:
        read_project(changed)
    except ProjectError:
        return None
    return changed


def _is_searched(knob: Knob) -> bool:
    file = knob.place.file
    return file.startswith("workflows/") or file in (QUEUE_YAML, APP_YAML) or knob.name.startswith(_WAITS_OF_STEPS)


def _near(value: float, factor: float) -> float:
    """A whole number stays one, and stays above 0."""
    return max(1, round(value * factor)) if isinstance(value, int) and value else value * factor
