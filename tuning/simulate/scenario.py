"""A scenario: what fails while a load comes.  tuning/scenarios/*.yaml, or an operator's own file → Scenario.

Times in a file count from the first fault.  scenario() sets it on a load: it begins after a third of the load unless
at_s is given, and lasts down_s in all if that is given.  Called by the command line and by simulation.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tuning.curve import Curve
from tuning.distribution import up_to
from tuning.durations import duration_s
from tuning.simulate.fault import NEEDED, PARTS, POSSIBLE, Fault, Part
from tuning.simulate.load import Load, multiplied
from tuning.yaml_file import YamlFile, read_yaml

FOLDER = Path(__file__).parent.parent / "scenarios"
_SCHEMA = Path(__file__).with_name("scenario.json")


class UnknownScenario(ValueError):
    """Raised when there is no scenario of that name, and no such file; the message lists the names."""


class NoLength(ValueError):
    """Raised when a length is asked of a scenario that happens in one instant."""


@dataclass(frozen=True, slots=True)
class Story:
    """A scenario's file: faults from 0 on, and how many times the usual requests come; length_s in all."""

    name: str
    title: str
    source: str
    sure: str
    length_s: float
    faults: tuple[Fault, ...]
    factor: Curve | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Faults of a load.  begins_s and ends_s are of the whole, both infinite where nothing fails."""

    name: str
    title: str
    load: Load  # as it is in the scenario, which may add requests
    faults: tuple[Fault, ...] = ()
    begins_s: float = math.inf
    ends_s: float = math.inf
    _of: dict[str, tuple[Fault, ...]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        for fault in self.faults:
            self._of[fault.part] = (*self._of.get(fault.part, ()), fault)

    def of(self, part: Part) -> tuple[Fault, ...]:
        """All faults of that part."""
        return self._of.get(part, ())

    def share(self, part: Part, now_s: float) -> float:
        """The share of the part's calls that some fault hits now."""
        if not self.begins_s <= now_s < self.ends_s:
            return 0.0
        return min(1.0, sum(fault.share_at(now_s) for fault in self.of(part) if fault.hits_calls))

    def hit(self, part: Part, now_s: float, u: float) -> Fault | None:
        """The fault that hits a call which begins now, or None.

        u is the call's number from 0 to 1: of two faults of one part the first has the lower numbers.
        """
        if not self.begins_s <= now_s < self.ends_s:
            return None
        until = 0.0
        for fault in self.of(part):
            if fault.hits_calls:
                until += fault.share_at(now_s)
                if u < until:
                    return fault
        return None


def calm(load: Load) -> Scenario:
    """Nothing fails."""
    return Scenario("calm", "nothing fails", load)


def scenario(name_or_path: str, load: Load, down_s: float | None = None, at_s: float | None = None) -> Scenario:
    """Raises UnknownScenario, NoLength, FileMistake, OSError."""
    story = read_story(name_or_path)
    if down_s is not None and not story.length_s:
        raise NoLength(f"{story.name} happens in one instant, it has no length that could be set")
    factor = 1.0 if down_s is None else down_s / story.length_s
    begins_s = load.length_s / 3 if at_s is None else at_s
    if story.factor is not None:
        load = multiplied(load, story.factor.scaled(factor), begins_s)
    faults = tuple(fault.moved(begins_s, factor) for fault in story.faults)
    return Scenario(story.name, story.title, load, faults, begins_s, begins_s + story.length_s * factor)


def names() -> list[str]:
    """The scenarios that are there, in alphabetical order."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def read_story(name_or_path: str) -> Story:
    """Raises UnknownScenario, FileMistake, OSError."""
    path = FOLDER / f"{name_or_path}.yaml"
    if name_or_path not in names():
        path = Path(name_or_path)
        if path.suffix not in (".yaml", ".yml"):
            expected = f"expected a file that ends in .yaml or one of {', '.join(names())}"
            raise UnknownScenario(f"unknown scenario '{name_or_path[:40]}', {expected}")
    return story_of(path.stem, path.name, path.read_text(encoding="utf-8"))


def story_of(name: str, file: str, text: str) -> Story:
    """Raises FileMistake."""
    read = read_yaml(file, text, _SCHEMA)
    value = read.value
    factor = _corners(read, ("load",), value["load"]) if "load" in value else None
    faults = tuple(_fault(read, number, given) for number, given in enumerate(value.get("faults", [])))
    if not faults and factor is None:
        raise read.mistake((), "neither faults nor a load: nothing would happen")
    first_s = min((fault.begins_s for fault in faults), default=0.0)
    if faults and factor is None and first_s > 0:
        raise read.mistake(("faults",), "times count from the first fault, so one of them begins at 0s")
    length_s = max([fault.ends_s for fault in faults] + ([factor.corners[-1][0]] if factor else []))
    return Story(name, value["title"], value["source"], value["sure"], length_s, faults, factor)


def _fault(read: YamlFile, number: int, given: dict[str, Any]) -> Fault:
    path = ("faults", number)
    kind, part = given["kind"], given["part"]
    if part not in PARTS[kind]:
        raise read.mistake((*path, "part"), f"'{kind}' is not of {part}, expected {' or '.join(sorted(PARTS[kind]))}")
    for name in NEEDED[kind]:
        if name not in given:
            raise read.mistake(path, f"'{name}' is missing: '{kind}' needs {' and '.join(NEEDED[kind])}")
    known = ("part", "kind", *NEEDED[kind], *POSSIBLE[kind])
    for name in given:
        if name not in known:
            raise read.mistake((*path, name), f"'{kind}' has no '{name}', expected {', '.join(known[2:])}")
    begins_s = duration_s(given.get("begins", "0s"))
    ends_s = duration_s(given["ends"]) if "ends" in given else begins_s
    if "ends" in given and ends_s <= begins_s:
        raise read.mistake((*path, "ends"), "expected an end that is later than the beginning")
    median_s, most_s = (duration_s(given.get(name, "0s")) for name in ("median", "max"))
    if kind == "slow" and not 0 < median_s <= most_s:
        raise read.mistake((*path, "max"), "expected a median above 0s, and a max that is not below it")
    if given.get("body") == "page" and "retry_after" in given:
        raise read.mistake((*path, "retry_after"), "a page in front of the part does not say how long to wait")
    if "scope" in given and (part != "discord" or given.get("body") == "page"):
        raise read.mistake((*path, "scope"), "only a rate limit that Discord itself says has a scope")
    flaps = tuple(duration_s(given["flaps"][name]) for name in ("fails", "works")) if "flaps" in given else ()
    if flaps and min(flaps) <= 0:
        raise read.mistake((*path, "flaps"), "expected times above 0s")
    return Fault(
        part=part,
        kind=kind,
        begins_s=begins_s,
        ends_s=ends_s,
        share=_share(read, path, given.get("share", 1), ends_s - begins_s),
        flaps=(flaps[0], flaps[1]) if flaps else None,
        status=429 if kind == "rate_limit" else given.get("status"),
        body=given.get("body", "json"),
        retry_after_s=duration_s(given["retry_after"]) if "retry_after" in given else None,
        scope=given.get("scope", "global"),
        slow=up_to(median_s, most_s) if kind == "slow" else None,
    )


def _share(read: YamlFile, path: tuple[str | int, ...], given: float | list[list[Any]], length_s: float) -> Curve:
    if not isinstance(given, list):
        return Curve(((0.0, float(given)), (length_s, float(given))))
    curve = _corners(read, (*path, "share"), given)
    if not math.isclose(curve.corners[-1][0], length_s):
        raise read.mistake((*path, "share", len(given) - 1), "expected the last corner where the fault ends")
    return curve


def _corners(read: YamlFile, path: tuple[str | int, ...], given: list[list[Any]]) -> Curve:
    corners = tuple((duration_s(place), float(height)) for place, height in given)
    if corners[0][0] != 0:
        raise read.mistake((*path, 0), "expected the first corner at 0s")
    for number in range(1, len(corners)):
        if corners[number][0] < corners[number - 1][0]:
            raise read.mistake((*path, number), "this corner is before the one above it")
    if corners[-1][0] == 0:
        raise read.mistake((*path, len(corners) - 1), "expected the last corner later than 0s")
    return Curve(corners)
