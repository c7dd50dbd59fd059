"""The addresses of the list of requests: its states to choose from, and its pages.  Called by pages.py.  Pure."""

from urllib.parse import urlencode

from local.story.reading import Query


def page_of(query: Query, before: int | None = None) -> str:
    """The same list, at its beginning or from there on."""
    return _link(query, query.kinds, before)


def toggled(query: Query, kind: str) -> str:
    """The same list with that state chosen too, or no longer."""
    kinds = query.kinds
    return _link(query, tuple(one for one in kinds if one != kind) if kind in kinds else (*kinds, kind), None)


def _link(query: Query, kinds: tuple[str, ...], before: int | None) -> str:
    given = {
        "q": query.text,
        "state": ",".join(kinds),
        "error": "1" if query.only_errors else "",
        "reason": query.reason,
        "before": str(before or ""),
    }
    asked = urlencode({name: value for name, value in given.items() if value}, safe=",:")
    return f"/ops/requests?{asked}" if asked else "/ops/requests"
