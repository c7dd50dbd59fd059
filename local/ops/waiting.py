"""Which requests the list shows: what requests.py can be asked, and the reason for which they wait.

Called by pages.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from local.story.reading import Query, StoryReading
from local.story.store import StoryStore, summary_of
from local.story.summary import Summary

_LAST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Filter:
    """reason: a key of story/reasons.py, "" for all."""

    query: Query
    reason: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Filter":
        """Raises ApiError(400)."""
        return cls(Query.of(asked), asked.get("reason", "").strip()[:200])

    @property
    def is_empty(self) -> bool:
        return not (self.query.text or self.query.kinds or self.query.only_errors or self.reason)

    def link(self, *, before: int | None = None) -> str:
        """The address of the same list, at its beginning or from there on."""
        return self._link(self.query.kinds, before)

    def toggled(self, kind: str) -> str:
        """The address of the same list with that state chosen too, or no longer."""
        kinds = self.query.kinds
        return self._link(tuple(one for one in kinds if one != kind) if kind in kinds else (*kinds, kind), None)

    def _link(self, kinds: tuple[str, ...], before: int | None) -> str:
        given = {
            "q": self.query.text,
            "state": ",".join(kinds),
            "error": "1" if self.query.only_errors else "",
            "reason": self.reason,
            "before": str(before or ""),
        }
        asked = urlencode({name: value for name, value in given.items() if value}, safe=",:")
        return f"/ops/requests?{asked}" if asked else "/ops/requests"


def found_by(store: StoryStore, asked: Filter) -> tuple[list[Summary], int | None]:
    """The newest first, and `before` of the next page; None on the last page.  With a reason, by it alone."""
    query = asked.query
    if not asked.reason:
        return StoryReading(store).requests(query)
    store.write()
    rows = store.database.rows(
        "SELECT value FROM summary WHERE reason = ? AND reason != '' AND interaction < ?"
        " ORDER BY interaction DESC LIMIT ?",
        *(asked.reason, query.before or _LAST, query.size + 1),
    )
    found = [summary_of(row[0]) for row in rows]
    page = found[: query.size]
    return page, page[-1].interaction if len(found) > query.size else None
