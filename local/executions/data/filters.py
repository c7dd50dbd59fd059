"""The filter and orderBy of list calls → conditions for SQLite.  Called by pages.Query.

Source: Google AIP-160 (filtering) and AIP-132 (ordering); the fields are those that each list call documents.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from local.executions.data.instant import instant

MAX_RESTRICTIONS = 200  # SQLite limits the size of a condition
MAX_NESTING = 20  # and the nesting of its brackets

_NAME = re.compile(r'[A-Za-z_]\w*(?:\.(?:"[^"]+"|[\w-]+))?')
_COMPARATOR = re.compile(r"<=|>=|!=|=|<|>|:")
_VALUE = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|([^\s()"\']+)')
_WORD = re.compile(r"(AND|OR|NOT)(?![\w.])")
_DURATION = re.compile(r"(-?\d+(?:\.\d+)?)s?")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a filter.  sql gives its value; values are those of an enum, in the order of their numbers.

    Times are as instant() writes them, durations are in seconds, labels are a JSON map.
    """

    sql: str
    kind: Literal["text", "enum", "time", "duration", "integer", "boolean", "labels"]
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """SQL that gives 0 or 1, and the values of its parameters."""

    sql: str
    values: tuple[Any, ...] = ()


class FilterError(Exception):
    """Raised when a filter or an order cannot be understood; the message says where and what was expected."""


def parse_filter(text: str, fields: Mapping[str, Field]) -> Condition:
    """Raises FilterError."""
    parser = _Parser(text, fields)
    if not parser.peek():
        return Condition("1")
    condition = parser.sequences(0)
    if parser.peek():
        raise parser.error("expected AND, OR or the end")
    return condition


def parse_order(text: str, fields: Mapping[str, Field]) -> str:
    """`createTime desc, state` as SQL.  Raises FilterError."""
    terms = []
    for part in text.split(","):
        words = part.split()
        if not words or len(words) > 2 or words[1:] not in ([], ["asc"], ["desc"]):
            raise FilterError(f"order {part.strip()!r} is wrong: expected a field, then asc or desc or nothing")
        name, field = _field(words[0], fields)
        if field.kind == "labels":
            raise FilterError(f"{name} has no order")
        terms.append(f"{field.sql} {(words[1:] or ['asc'])[0].upper()}")
    return ", ".join(terms)


def _field(name: str, fields: Mapping[str, Field]) -> tuple[str, Field]:
    """Ignores case and underscores: start_time is startTime, executionID is executionId."""
    wanted = name.replace("_", "").lower()
    for known, field in fields.items():
        if wanted == known.lower():
            return known, field
    raise FilterError(f"unknown field {name!r}, expected one of {', '.join(fields)}")


class _Parser:
    """Recursive descent; OR binds tighter than AND, and a space between two restrictions is an AND."""

    def __init__(self, text: str, fields: Mapping[str, Field]) -> None:
        self._text = text
        self._fields = fields
        self._at = 0
        self._restrictions = 0

    def error(self, message: str) -> FilterError:
        return FilterError(f"column {self._at + 1}: {message}")

    def peek(self) -> str:
        """The next character, "" at the end."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return self._text[self._at : self._at + 1]

    def sequences(self, depth: int) -> Condition:
        factors = [self._factor(depth)]
        while self.peek() not in ("", ")"):
            self._takes("AND")
            factors.append(self._factor(depth))
        return _joined("AND", factors)

    def _factor(self, depth: int) -> Condition:
        terms = [self._term(depth)]
        while self._takes("OR"):
            terms.append(self._term(depth))
        return _joined("OR", terms)

    def _term(self, depth: int) -> Condition:
        if depth > MAX_NESTING:
            raise self.error(f"nested more than {MAX_NESTING} deep")
        if self._takes("NOT") or self._takes_character("-"):
            condition = self._term(depth + 1)
            return Condition(f"NOT {condition.sql}", condition.values)
        if self._takes_character("("):
            condition = self.sequences(depth + 1)
            if not self._takes_character(")"):
                raise self.error("expected )")
            return condition
        return self._restriction()

    def _takes(self, word: str) -> bool:
        self.peek()
        found = _WORD.match(self._text, self._at)
        if found is None or found[1] != word:
            return False
        self._at = found.end()
        return True

    def _takes_character(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def _restriction(self) -> Condition:
        self._restrictions += 1
        if self._restrictions > MAX_RESTRICTIONS:
            raise self.error(f"more than {MAX_RESTRICTIONS} comparisons")
        self.peek()
        began = self._at
        found = _NAME.match(self._text, began)
        if found is None:
            raise self.error(f"expected one of {', '.join(self._fields)}")
        name, _, key = found[0].partition(".")
        self._at = found.end()
        self.peek()
        comparator = _COMPARATOR.match(self._text, self._at)
        if comparator is None:
            raise self.error(f"expected a comparison after {found[0]!r}: one of = != < <= > >= :")
        self._at = comparator.end()
        value = self._value()
        try:
            known, field = _field("labels" if name == "label" and "labels" in self._fields else name, self._fields)
            return _comparison(known, field, key.strip('"') or None, comparator[0], value)
        except FilterError as error:
            self._at = began
            raise self.error(str(error)) from None

    def _value(self) -> str:
        self.peek()
        found = _VALUE.match(self._text, self._at)
        if found is None:
            raise self.error("expected a value")
        self._at = found.end()
        if found[3] is not None:
            return found[3]
        return re.sub(r"\\(.)", r"\1", found[1] if found[1] is not None else found[2])


def _joined(word: str, conditions: Sequence[Condition]) -> Condition:
    """All conditions in one pair of brackets, as SQLite's parser allows little nesting."""
    if len(conditions) == 1:
        return conditions[0]
    values = tuple(value for one in conditions for value in one.values)
    return Condition(f"({f' {word} '.join(one.sql for one in conditions)})", values)


def _comparison(name: str, field: Field, key: str | None, comparator: str, text: str) -> Condition:
    """The condition of a comparison.  If the field has no value it is false, but true for !=."""
    if field.kind == "labels":
        sql = f"(SELECT value FROM json_each({field.sql}) WHERE key = ?)"  # noqa: S608 -- field.sql is ours
        if key is None:
            if comparator != ":":
                raise FilterError(f"{name} is a map: expected {name}.KEY = VALUE or {name}:KEY")
            return Condition(f"({sql} IS NOT NULL)", (text,))
        return _compared(sql, (key,), "text", comparator, text)
    if key is not None:
        raise FilterError(f"{name} has no member {key!r}")
    value: Any = text
    if comparator == ":" and text == "*":
        return Condition(f"({field.sql} IS NOT NULL)")
    if field.kind == "enum":
        if comparator not in ("=", "!=", ":"):
            raise FilterError(f"{name} is compared with = or !=, not {comparator}")
        if text not in field.values:
            raise FilterError(f"{name} is one of {', '.join(field.values)}, not {text!r}")
    elif field.kind == "time":
        value = _time(name, text)
    elif field.kind == "duration":
        found = _DURATION.fullmatch(text)
        if found is None:
            raise FilterError(f"{name} is seconds, such as 1.5s, not {text!r}")
        value = float(found[1])
    elif field.kind == "integer":
        if not re.fullmatch(r"-?\d{1,18}", text):
            raise FilterError(f"{name} is a whole number, not {text!r}")
        value = int(text)
    elif field.kind == "boolean":
        if text.lower() not in ("true", "false"):
            raise FilterError(f"{name} is true or false, not {text!r}")
        value = int(text.lower() == "true")
    return _compared(field.sql, (), field.kind, comparator, value)


def _compared(sql: str, before: tuple[Any, ...], kind: str, comparator: str, value: Any) -> Condition:
    """The condition; a * at the beginning or the end of a text matches anything."""
    if kind == "text" and comparator in ("=", "!=", ":"):
        if value == "*" and comparator == ":":
            return Condition(f"({sql} IS NOT NULL)", before)
        if value.startswith("*") or value.endswith("*"):
            middle = re.sub(r"([\\%_])", r"\\\1", value.removeprefix("*").removesuffix("*"))
            pattern = f"{'%' * value.startswith('*')}{middle}{'%' * value.endswith('*')}"
            like = f"COALESCE({sql} LIKE ? ESCAPE '\\', 0)"
            return Condition(f"(NOT {like})" if comparator == "!=" else like, (*before, pattern))
    if comparator == "!=":
        return Condition(f"({sql} IS NOT ?)", (*before, value))
    return Condition(f"COALESCE({sql} {'=' if comparator == ':' else comparator} ?, 0)", (*before, value))


def _time(name: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        return instant((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC))
    except (ValueError, OverflowError):
        raise FilterError(f"{name} is a time in RFC 3339, such as 2026-08-01T10:00:00Z, not {text!r}") from None
