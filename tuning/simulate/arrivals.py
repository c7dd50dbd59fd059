"""When requests came, read from a file: JSON, JSON lines, or a log with an instant in each line.  Called by load.

JSON: what `gcloud workflows executions list --format=json` and `gcloud logging read --format=json` print, and any list
or sequence of objects with such a field.  A log: the first instant in the form of RFC 3339 in each line; this is also
what `--format="value(startTime)"` prints.  8 bytes are kept for an arrival.
"""

import io
import json
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from pathlib import Path
from typing import Any, TextIO

from tuning.yaml_file import FileMistake

# The first one that an object has.  Source: Workflow Executions API, "Execution": createTime, and startTime, the only
# one of the basic view that gcloud lists; Cloud Logging, "LogEntry": timestamp; our own logs: time.
FIELDS = ("createTime", "startTime", "timestamp", "time")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)")
_EXAMPLE = "an instant such as 2026-01-31T12:00:00.5Z"
_SORTED_AT_ONCE = 65_536  # arrivals
_READ_AT_ONCE = 65_536  # characters
_MOST_CHARACTERS = 4_000_000  # of one object; an execution holds 512 KB of data at most
_OPENING, _SEPARATORS = re.compile(r"\s*\[\s*[{\]]"), " \t\r\n,"


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Seconds since the first arrival, sorted in runs of at most _SORTED_AT_ONCE."""

    runs: "tuple[array[float], ...]"

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    @property
    def length_s(self) -> float:
        """From the first to the last, at least a second."""
        return max(1.0, *(run[-1] for run in self.runs))

    def times(self) -> Iterator[float]:
        return merge(*self.runs)


def read_arrivals(path: Path) -> Arrivals:
    """Raises FileMistake, with the line, where an instant is missing or wrong; OSError."""
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        return _sorted_from(path.name, instants(path.name, stream))


def instants(file: str, stream: TextIO) -> Iterator[float]:
    """The arrivals in the order of the file, in seconds since the epoch."""
    head = stream.read(_READ_AT_ONCE)
    begun = head.lstrip()
    if begun.startswith("{") or _OPENING.match(begun):
        for line, value in _objects(file, head, stream):
            yield _instant_of(file, line, value)
        return
    head += stream.readline()
    lines: Iterator[str] = (line for part in (io.StringIO(head), stream) for line in part)
    for line, text in enumerate(lines, 1):
        if text.strip():
            found = _INSTANT.search(text)
            if found is None:
                raise FileMistake(file, line, 0, f"no instant in this line, expected {_EXAMPLE}")
            yield _seconds(file, line, found[0])


def _sorted_from(file: str, found: Iterator[float]) -> Arrivals:
    runs: list[array[float]] = []
    run: array[float] = array("d")
    for at_s in found:
        run.append(at_s)
        if len(run) == _SORTED_AT_ONCE:
            runs.append(array("d", sorted(run)))
            run = array("d")
    if run:
        runs.append(array("d", sorted(run)))
    if not runs:
        raise FileMistake(file, 1, 0, f"there are no arrivals, expected {_EXAMPLE} in each line, or a list as JSON")
    first_s = min(run[0] for run in runs)
    return Arrivals(tuple(array("d", (at_s - first_s for at_s in run)) for run in runs))


def _objects(file: str, text: str, stream: TextIO) -> Iterator[tuple[int, Any]]:
    """Each object of a list, or of a sequence of objects, and the line where it begins; the file is read in parts."""
    decoder = json.JSONDecoder()
    line, place, is_list, is_whole = 1, 0, text.lstrip().startswith("["), False
    if is_list:
        place = text.index("[") + 1
        line += text.count("\n", 0, place)
    while True:
        begun = place
        while place < len(text) and text[place] in _SEPARATORS:
            place += 1
        line += text.count("\n", begun, place)
        if place == len(text) and not is_whole:
            text, place = stream.read(_READ_AT_ONCE), 0
            is_whole = not text
            continue
        if place == len(text) and not is_list:
            return
        if place < len(text) and text[place] == "]" and is_list:
            if (text[place + 1 :] + stream.read(_READ_AT_ONCE)).strip():
                raise FileMistake(file, line, 0, "something follows the end of the list")
            return
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            more = stream.read(_READ_AT_ONCE) if len(text) - place < _MOST_CHARACTERS else ""
            if not more:
                place_of_error = error.pos if isinstance(error, json.JSONDecodeError) else place
                message = f"no JSON: {str(error).partition(': line')[0]}"
                raise FileMistake(file, line + text.count("\n", place, place_of_error), 0, message) from None
            text, place = text[place:] + more, 0
            continue
        yield line, value
        line += text.count("\n", place, end)
        place = end


def _instant_of(file: str, line: int, value: Any) -> float:
    fields = value if isinstance(value, dict) else {}
    name = next((name for name in FIELDS if fields.get(name)), None)
    if name is None:
        queued = "; an execution that is QUEUED has none, list it when it has begun" if fields.get("state") else ""
        raise FileMistake(file, line, 0, f"expected an object with {', '.join(FIELDS[:-1])} or {FIELDS[-1]}{queued}")
    text = fields[name]
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise FileMistake(file, line, 0, f"{name} is '{str(text)[:40]}', expected {_EXAMPLE}")
    return _seconds(file, line, text)


def _seconds(file: str, line: int, text: str) -> float:
    """Source: RFC 3339, section 5.6: a second 60 is a leap second, which here is the first one of the next minute."""
    is_leap = text[17:19] == "60"
    try:
        at = datetime.fromisoformat((f"{text[:17]}59{text[19:]}" if is_leap else text).upper())
        return (at + timedelta(seconds=is_leap)).timestamp()
    except (ValueError, OverflowError) as error:
        raise FileMistake(file, line, 0, f"'{text[:40]}' is no instant: {error}") from None
