"""What the form at /tune holds → a Trial: the files in force, the edited ones, and what comes and fails.

In: texts as they were typed.  Out: a Trial, or one message for each field that is wrong.  Called by editor.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from tuning.durations import duration_s
from tuning.knobs import Knob, knobs, with_value
from tuning.model import MODELS
from tuning.simulate.load import Load, day, even, poisson
from tuning.simulate.scenario import NoLength, Scenario, calm, names, scenario
from tuning.sources import Sources

Arrivals = Literal["evenly", "at random", "as over a day"]
ARRIVALS: tuple[Arrivals, ...] = get_args(Arrivals)
CALM = "calm"  # the name of the scenario in which nothing fails
MOST_REQUESTS = 10_000  # so many are answered in seconds
_HIGHEST_RATE = 1_000.0
_LONGEST_DOWN_S = 86_400.0
_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,3})?")


class WrongFields(Exception):
    """Raised when fields are wrong; messages: by the name of the knob or of the setting."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {message}" for name, message in messages.items()))
        self.messages = messages


@dataclass(frozen=True, slots=True)
class Setting:
    """What comes and what fails.  down_s: None for the scenario's own length."""

    scenario: str
    down_s: float | None
    rate_per_s: float
    requests: int
    arrivals: Arrivals
    model: str

    def load(self) -> Load:
        length_s = self.requests / self.rate_per_s
        match self.arrivals:
            case "evenly":
                return even(self.rate_per_s, length_s)
            case "at random":
                return poisson(self.rate_per_s, length_s)
        return day(self.requests, length_s)

    def set_scenario(self) -> Scenario:
        """The scenario on the load.  Raises NoLength."""
        load = self.load()
        return calm(load) if self.scenario == CALM else scenario(self.scenario, load, self.down_s)


@dataclass(frozen=True, slots=True)
class Trial:
    """The texts in force, those with the edit, and the setting of both.  changed: the names of the edited knobs."""

    before: Sources
    after: Sources
    changed: tuple[str, ...]
    setting: Setting


def read_trial(body: Mapping[str, Any], in_force: Sources) -> Trial:
    """body: `values` has the text of each edited knob, the other keys are the setting.  Raises WrongFields."""
    wrong: dict[str, str] = {}
    given = body.get("values", {})
    after, changed = _edited(in_force, given if isinstance(given, dict) else {}, wrong)
    setting = _setting({name: body.get(name, default) for name, default in DEFAULTS.items()}, wrong)
    if wrong or setting is None:
        raise WrongFields(wrong)
    return Trial(in_force, after, changed, setting)


# What the form begins with: a minute of an outage ends while requests still come, so its recovery is seen.
DEFAULTS: Mapping[str, str] = {
    "scenario": CALM,
    "down": "1m",
    "rate": "40",
    "requests": f"{MOST_REQUESTS}",
    "arrivals": "evenly",
    "model": MODELS[0],
}


def _edited(in_force: Sources, given: Mapping[str, Any], wrong: dict[str, str]) -> tuple[Sources, tuple[str, ...]]:
    known = {knob.name: knob for knob in knobs(in_force)}
    after, changed = in_force, []
    for name, text in given.items():
        if name not in known:
            wrong[name] = "the files in force have no such number any more"
            continue
        try:
            value = _value(known[name], str(text).strip())
        except ValueError as error:
            wrong[name] = str(error)
            continue
        if value != known[name].value:
            after = with_value(after, name, value)
            changed.append(name)
    return after, tuple(changed)


def _value(knob: Knob, text: str) -> float | str:
    if knob.choices:
        return _one_of(text, knob.choices)
    return _number(text)


def _setting(texts: Mapping[str, Any], wrong: dict[str, str]) -> Setting | None:
    read: dict[str, Any] = {}
    for name, (attribute, reader) in _READERS.items():
        try:
            read[attribute] = reader(str(texts[name]).strip())
        except ValueError as error:
            wrong[name] = str(error)
    if len(read) < len(_READERS):
        return None
    setting = Setting(**read)
    try:
        setting.set_scenario()
    except NoLength as error:
        wrong["down"] = str(error)
    return setting


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"expected a number such as 40 or 2.5, not '{text[:20]}'")
    return float(text)


def _one_of(text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise ValueError(f"expected one of {', '.join(choices)}, not '{text[:20]}'")
    return text


def _down_s(text: str) -> float | None:
    if not text:
        return None
    seconds = duration_s(text)
    if not 0 < seconds <= _LONGEST_DOWN_S:
        raise ValueError("expected a time above 0s, of a day at most")
    return seconds


def _rate(text: str) -> float:
    rate_per_s = _number(text)
    if not 0 < rate_per_s <= _HIGHEST_RATE:
        raise ValueError(f"expected a rate above 0, of {_HIGHEST_RATE:,.0f} a second at most")
    return rate_per_s


def _requests(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_REQUESTS:
        raise ValueError(f"expected a whole number from 1 to {MOST_REQUESTS:,}, not '{text[:20]}'")
    return int(text)


# By the name of the form's field: the attribute of Setting, and what reads the text.
_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "scenario": ("scenario", lambda text: _one_of(text, (CALM, *names()))),
    "down": ("down_s", _down_s),
    "rate": ("rate_per_s", _rate),
    "requests": ("requests", _requests),
    "arrivals": ("arrivals", lambda text: _one_of(text, ARRIVALS)),
    "model": ("model", lambda text: _one_of(text, MODELS)),
}
