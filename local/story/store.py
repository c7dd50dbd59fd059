"""Keeps spans and summaries in SQLite.  Writes are collected and made together, so that they cost little.

What was collected in the last _WRITE_EVERY_S is lost if this process is killed: it explains, and nothing depends on it.
"""

import json
from collections import Counter
from dataclasses import fields, replace
from operator import attrgetter
from pathlib import Path

from local.data.disk import DiskUnavailable, log_waiting_for_disk
from local.data.sqlite import Sqlite
from local.data.sqlite_file import Layout
from local.story.span import MOST_ID, Span
from local.story.summary import Summary
from local.story.tallies import STEP_S, TALLIED_S

_SCHEMA = """
CREATE TABLE summary (
    interaction INTEGER PRIMARY KEY, kind TEXT NOT NULL, has_error INTEGER NOT NULL, reason TEXT NOT NULL,
    begun_s REAL NOT NULL, member TEXT NOT NULL, member_id TEXT NOT NULL, words TEXT NOT NULL, task TEXT NOT NULL,
    next_s REAL, value TEXT NOT NULL
);
CREATE INDEX summary_by_kind ON summary (kind, interaction);
CREATE INDEX summary_with_error ON summary (interaction) WHERE has_error;
CREATE INDEX summary_by_reason ON summary (reason) WHERE reason != '';
CREATE INDEX summary_by_task ON summary (task) WHERE task != '';
CREATE TABLE span (
    number INTEGER PRIMARY KEY, interaction INTEGER NOT NULL, execution TEXT, is_open INTEGER NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX span_by_interaction ON span (interaction);
CREATE INDEX span_by_execution ON span (execution) WHERE execution IS NOT NULL;
CREATE INDEX span_open ON span (number) WHERE is_open;
-- The request as it travels, and the picture that was drawn for it, as JSON.
CREATE TABLE carried (interaction INTEGER PRIMARY KEY, request TEXT, picture TEXT);
-- How often something happened within STEP_S seconds.
CREATE TABLE tally (step INTEGER NOT NULL, what TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (step, what))
    WITHOUT ROWID;
CREATE TABLE outage (number INTEGER PRIMARY KEY, target TEXT NOT NULL, kind TEXT NOT NULL, begin_s REAL NOT NULL,
    end_s REAL);
"""
_LAYOUT = Layout(b"msty", 1, _SCHEMA)
# A value is the list of its fields, in their order; a field that is added later stands at the end, with a default.
# Not by dataclasses.asdict, which takes longer than all else here.
_SUMMARY = attrgetter(*(field.name for field in fields(Summary)))
_SPAN = attrgetter(*(field.name for field in fields(Span)))
_MOST_RECENT = 5_000
_MOST_COLLECTED = 100_000  # while the disk takes nothing


class StoryStore:
    """One file, one process, one thread.  Every read sees all that was put before."""

    def __init__(self, path: Path) -> None:
        self.database = Sqlite(path, _LAYOUT)
        self._number = self._newest("span")
        self._summaries: dict[int, Summary] = {}  # not written yet
        self._recent: dict[int, Summary] = {}  # so that a request on its way is not read again and again
        self._spans: dict[int, Span] = {}
        self._carried: dict[int, tuple[str | None, str | None]] = {}
        self._tallies: Counter[tuple[int, str]] = Counter()

    def close(self) -> None:
        self.write()
        self.database.close()

    @property
    def has_collected(self) -> bool:
        return bool(self._summaries or self._spans or self._carried or self._tallies)

    def summary(self, interaction: int) -> Summary | None:
        found = self._recent.get(interaction)
        if found is None and interaction <= MOST_ID:
            row = self.database.row("SELECT value FROM summary WHERE interaction = ?", interaction)
            found = summary_of(row[0]) if row else None
        return found

    def put_summary(self, summary: Summary) -> None:
        self._summaries[summary.interaction] = self._recent[summary.interaction] = summary
        if len(self._recent) > _MOST_RECENT:
            for interaction in list(self._recent)[: _MOST_RECENT // 2]:
                if interaction not in self._summaries:
                    del self._recent[interaction]

    def add(self, span: Span) -> int:
        """Its number, by which it can be put again when it has ended."""
        self._number += 1
        self._spans[self._number] = span
        return self._number

    def put(self, number: int, span: Span) -> None:
        self._spans[number] = span

    def count(self, what: str, at_s: float) -> None:
        self._tallies[int(at_s // STEP_S), what] += 1

    def carry(self, interaction: int, *, request: str | None = None, picture: str | None = None) -> None:
        """Keep them; what is None stays as it was."""
        kept_request, kept_picture = self._carried.get(interaction, (None, None))
        self._carried[interaction] = (request or kept_request, picture or kept_picture)

    def carried(self, interaction: int) -> tuple[str | None, str | None]:
        """The request and the picture, as JSON."""
        self.write()
        row = self.database.row("SELECT request, picture FROM carried WHERE interaction = ?", interaction)
        return row or (None, None)

    def held_by(self, queue: str, task_id: str = "") -> list[int]:
        """The interactions of the requests that wait in that queue, a full name; or in that task of it."""
        self.write()
        first, last = f"{queue}/tasks/{task_id}", f"{queue}/tasks/{task_id}" if task_id else f"{queue}/tasks0"
        rows = self.database.rows(
            "SELECT interaction FROM summary WHERE task != '' AND task BETWEEN ? AND ?", first, last
        )
        return [row[0] for row in rows]

    def open_executions(self) -> dict[str, tuple[int, Span]]:
        """The number and the span of each execution that has not ended, by its id."""
        rows = self.database.rows("SELECT number, value FROM span WHERE is_open")
        spans = [(number, span_of(value)) for number, value in rows]
        return {span.execution: (number, span) for number, span in spans if span.what == "execution"}

    def write(self) -> None:
        """Write what was collected.  If the disk does not take it, it stays collected."""
        if not self.has_collected:
            return
        try:
            with self.database.transaction():
                self._write_summaries()
                self._write_spans()
                self._write_carried()
                self._write_tallies()
        except DiskUnavailable as error:
            log_waiting_for_disk(error)
            if len(self._spans) < _MOST_COLLECTED:
                return
        self._summaries.clear()
        self._spans.clear()
        self._carried.clear()
        self._tallies.clear()

    def close_open_spans(self, at_s: float, sentence: str) -> None:
        """End the spans that an earlier process left open, but for executions, which are resumed."""
        for number, value in self.database.rows("SELECT number, value FROM span WHERE is_open"):
            span = span_of(value)
            if span.what != "execution":
                self.put(number, replace(span, end_s=at_s, is_error=True, sentence=sentence))
        self.database.run("UPDATE outage SET end_s = ? WHERE end_s IS NULL", at_s)
        self.write()

    def begin_outage(self, target: str, kind: str, at_s: float) -> int:
        found = self.database.rows(
            "INSERT INTO outage (target, kind, begin_s) VALUES (?, ?, ?) RETURNING number", target, kind, at_s
        )
        return int(found[0][0])

    def end_outage(self, number: int, at_s: float) -> None:
        self.database.run("UPDATE outage SET end_s = ? WHERE number = ?", at_s, number)

    def oldest_s(self) -> float | None:
        row = self.database.row("SELECT begun_s FROM summary ORDER BY interaction LIMIT 1")
        return None if row is None else float(row[0])

    def forget(self, before_s: float, most: int) -> int:
        """Delete up to `most` requests that began before that instant, the oldest first.  Returns how many."""
        self.write()
        oldest = self.database.rows("SELECT interaction, begun_s FROM summary ORDER BY interaction LIMIT ?", most)
        gone = [interaction for interaction, begun_s in oldest if begun_s < before_s]
        with self.database.transaction():
            for interaction in gone:
                self._recent.pop(interaction, None)
                for table in ("span", "carried", "summary"):
                    self.database.run(f"DELETE FROM {table} WHERE interaction = ?", interaction)  # noqa: S608
            self.database.run("DELETE FROM outage WHERE end_s < ?", before_s)
        return len(gone)

    def _write_summaries(self) -> None:
        for one in self._summaries.values():
            self.database.run(
                "INSERT OR REPLACE INTO summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                *(one.interaction, one.kind, one.has_error, one.reason, one.begun_s),
                *(
                    _storable(one.member),
                    one.member_id,
                    _storable(one.words),
                    one.task,
                    one.next_s,
                    json.dumps(_SUMMARY(one)),
                ),
            )

    def _write_spans(self) -> None:
        for number, span in self._spans.items():
            row = (number, span.interaction, span.execution or None, span.end_s is None, json.dumps(_SPAN(span)))
            self.database.run("INSERT OR REPLACE INTO span VALUES (?, ?, ?, ?, ?)", *row)

    def _write_carried(self) -> None:
        for interaction, (request, picture) in self._carried.items():
            self.database.run(
                "INSERT INTO carried VALUES (?1, ?2, ?3) ON CONFLICT (interaction) DO UPDATE SET"
                " request = coalesce(request, ?2), picture = coalesce(?3, picture)",
                *(interaction, _storable(request), _storable(picture)),
            )

    def _write_tallies(self) -> None:
        newest = max((step for step, _ in self._tallies), default=0)
        for (step, what), count in self._tallies.items():
            self.database.run(
                "INSERT INTO tally VALUES (?1, ?2, ?3) ON CONFLICT (step, what) DO UPDATE SET count = count + ?3",
                *(step, what, count),
            )
        self.database.run("DELETE FROM tally WHERE step < ?", newest - TALLIED_S // STEP_S)

    def _newest(self, table: str) -> int:
        row = self.database.row(f"SELECT coalesce(max(number), 0) FROM {table}")  # noqa: S608 -- our own words
        return int(row[0]) if row else 0


def _storable(text: str | None) -> str | None:
    """A file of SQLite takes no half of a pair of surrogates, which JSON may hold."""
    return None if text is None else text.encode(errors="replace").decode()


def summary_of(text: str) -> Summary:
    return Summary(*json.loads(text))


def span_of(text: str) -> Span:
    return Span(*json.loads(text))
