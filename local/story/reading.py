"""Reads what store.py keeps: a page of requests, one request, the counts for the charts."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.http.api_error import ApiError
from local.project import PLACE
from local.story.span import Span, interaction_in
from local.story.store import StoryStore, span_of, summary_of
from local.story.summary import KINDS, Summary
from local.story.tallies import STEP_S

_DEFAULT_SIZE, _MOST_SIZE = 50, 200
_EXECUTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f-]{0,27})?")


@dataclass(frozen=True, slots=True)
class Query:
    """Which requests: text is an interaction's id, an execution's id or its beginning, or a part of words or member.

    reason: why they wait, a key of reasons.py.  before: only interactions older than that one, the last one of the page
    before.  since_s: begun after that.
    """

    text: str = ""
    kinds: tuple[str, ...] = ()
    only_errors: bool = False
    reason: str = ""
    before: int | None = None
    size: int = _DEFAULT_SIZE
    since_s: float | None = None

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Query":
        """From q, state (several with commas), error=1, reason, before and size.  Raises ApiError(400)."""
        kinds = tuple(one.strip() for one in asked.get("state", "").split(",") if one.strip())
        if unknown := [one for one in kinds if one not in KINDS]:
            raise ApiError(400, f"state is one of {', '.join(KINDS)}, not {unknown[0][:40]}")
        before, size = asked.get("before", ""), asked.get("size", str(_DEFAULT_SIZE))
        if before and interaction_in(before) is None:
            raise ApiError(400, f"before is the id of an interaction, not {before[:40]}")
        if not re.fullmatch("[1-9][0-9]{0,2}", size):
            raise ApiError(400, f"size is a number from 1 to {_MOST_SIZE}, not {size[:40]}")
        return cls(
            text=asked.get("q", "").strip()[:200],
            kinds=kinds,
            only_errors=asked.get("error", "") in ("1", "true"),
            reason=asked.get("reason", "").strip()[:200],
            before=interaction_in(before),
            size=min(int(size), _MOST_SIZE),
        )

    @property
    def is_of_all(self) -> bool:
        """Whether it asks for all requests, wherever its page begins."""
        return not (self.text or self.kinds or self.only_errors or self.reason)


class StoryReading:
    def __init__(self, store: StoryStore) -> None:
        self._store = store

    def requests(self, query: Query) -> tuple[list[Summary], int | None]:
        """The newest first, and `before` of the next page; None on the last page."""
        self._store.write()
        condition, values = _condition(query)
        rows = self._store.database.rows(
            f"SELECT value FROM summary WHERE {condition} ORDER BY interaction DESC LIMIT ?",  # noqa: S608 -- our words
            *(*values, query.size + 1),
        )
        found = [summary_of(row[0]) for row in rows]
        page = found[: query.size]
        return page, page[-1].interaction if len(found) > query.size else None

    def counts(self) -> dict[str, int]:
        """How many requests there are of each kind; those without any are left out."""
        self._store.write()
        return dict(self._store.database.rows("SELECT kind, count(*) FROM summary GROUP BY kind"))

    def kinds_of(self, interactions: Sequence[int]) -> dict[str, int]:
        """How many of these are of each kind."""
        self._store.write()
        return dict(
            self._store.database.rows(
                "SELECT kind, count(*) FROM summary WHERE interaction IN (SELECT value FROM json_each(?))"
                " GROUP BY kind",
                json.dumps(interactions),
            )
        )

    def one(self, interaction: int) -> tuple[Summary, list[Span]] | None:
        self._store.write()
        summary = self._store.summary(interaction)
        if summary is None:
            return None
        rows = self._store.database.rows("SELECT value FROM span WHERE interaction = ? ORDER BY number", interaction)
        return summary, [span_of(row[0]) for row in rows]

    def carried(self, interaction: int) -> tuple[str | None, str | None]:
        """Its request and its picture, as JSON."""
        return self._store.carried(interaction)

    def waiting_for(self, reason: str, now_s: float) -> int:
        """How many requests wait for that reason.  Whoever is due and not sent waits for the line of its queue."""
        self._store.write()
        kind, _, queue = reason.partition(":")
        if kind != "line":
            row = self._store.database.row("SELECT count(*) FROM summary WHERE reason = ? AND reason != ''", reason)
        else:
            first, last = f"{PLACE}/queues/{queue}/tasks/", f"{PLACE}/queues/{queue}/tasks0"
            row = self._store.database.row(
                "SELECT count(*) FROM summary WHERE task != '' AND task BETWEEN ? AND ? AND (reason = ? OR next_s < ?)",
                *(first, last, reason, now_s),
            )
        return int(row[0]) if row else 0

    def reasons(self) -> dict[str, int]:
        """How many requests wait for each reason."""
        self._store.write()
        return dict(
            self._store.database.rows("SELECT reason, count(*) FROM summary WHERE reason != '' GROUP BY reason")
        )

    def tallies(self, since_s: float) -> dict[int, dict[str, int]]:
        """The counts of each step since that instant."""
        self._store.write()
        found: dict[int, dict[str, int]] = {}
        rows = self._store.database.rows("SELECT step, what, count FROM tally WHERE step >= ?", int(since_s // STEP_S))
        for step, what, count in rows:
            found.setdefault(step, {})[what] = count
        return found

    def outages(self, since_s: float) -> list[tuple[str, str, float, float | None]]:
        """(target, kind, begin, end) of the faults that were there since that instant; end is None while one is."""
        return [
            (row[0], row[1], row[2], row[3])
            for row in self._store.database.rows(
                "SELECT target, kind, begin_s, end_s FROM outage WHERE end_s IS NULL OR end_s >= ? ORDER BY begin_s",
                since_s,
            )
        ]


def _condition(query: Query) -> tuple[str, Sequence[Any]]:
    """The SQL of a WHERE, and its values."""
    parts, values = ["1"], list[Any]()
    if query.kinds:
        parts.append(f"kind IN ({', '.join('?' * len(query.kinds))})")
        values += query.kinds
    if query.only_errors:
        parts.append("has_error")
    if query.reason:
        parts.append("reason = ?")
        values.append(query.reason)
    if query.before is not None:
        parts.append("interaction < ?")
        values.append(query.before)
    if query.since_s is not None:
        parts.append("begun_s >= ?")
        values.append(query.since_s)
    if (named := interaction_in(query.text)) is not None:
        parts.append("(interaction = ? OR member_id = ?)")
        values += [named, query.text]
    elif _EXECUTION.fullmatch(query.text):
        parts.append("interaction IN (SELECT interaction FROM span WHERE execution >= ? AND execution <= ?)")
        values += [query.text, f"{query.text}g"]
    elif query.text:
        parts.append("(words LIKE ? ESCAPE '\\' OR member LIKE ? ESCAPE '\\')")
        pattern = "%" + re.sub(r"([\\%_])", r"\\\1", query.text) + "%"
        values += [pattern, pattern]
    return " AND ".join(parts), values
