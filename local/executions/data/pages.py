"""One page of a list call: its items, their order, and the token of the next page."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.executions.data.database import Database
from local.executions.data.filters import Condition, Field, FilterError, parse_filter, parse_order
from local.http.api_error import ApiError


@dataclass(frozen=True, slots=True)
class Page:
    """items are the stored JSON; next_token is None on the last page."""

    items: list[Any]
    next_token: str | None

    def as_json(self, name: str) -> dict[str, Any]:
        """An empty list is left out, as Google does."""
        shown: dict[str, Any] = {name: self.items} if self.items else {}
        return shown | ({"nextPageToken": self.next_token} if self.next_token else {})


@dataclass(frozen=True, slots=True)
class Query:
    """The query of a list call.  All pages show the items that existed at the call for the first page.

    skip: items of earlier pages.  newest: the highest position at the first page, None for that page.
    digest: a checksum of filter and order, which must not change between pages.
    """

    condition: Condition
    order: str | None
    size: int
    skip: int
    newest: int | None
    digest: int

    @classmethod
    def of(cls, asked: Mapping[str, Any], fields: Mapping[str, Field], default_size: int, max_size: int) -> "Query":
        """From filter, orderBy, pageSize, pageToken and skip.  Raises ApiError(400)."""
        words, order = asked.get("filter", ""), asked.get("orderBy", "")
        digest = zlib.crc32(f"{words}\n{order}".encode(errors="surrogatepass"))
        size = _non_negative(asked, "pageSize") or default_size
        skip, newest = _read_token(asked.get("pageToken", ""), digest)
        try:
            condition = parse_filter(words, fields)
        except FilterError as error:
            raise ApiError(400, f"Invalid filter: {error}") from None
        try:
            sql = parse_order(order, fields) if order else None
        except FilterError as error:
            raise ApiError(400, f"Invalid orderBy: {error}") from None
        return cls(condition, sql, min(size, max_size), skip + _non_negative(asked, "skip"), newest, digest)

    def page(self, database: Database, source: str, *values: Any, newest_first: bool = True) -> Page:
        """The page of the rows (position, resource) that the SQL `source` gives for those values.

        Callers pass only SQL of ours; what users give is in the values.
        """
        newest = self.newest
        if newest is None:
            ((newest,),) = database.rows(f"SELECT coalesce(max(position), 0) FROM ({source})", *values)  # noqa: S608
        ordered = "position DESC" if newest_first else "position"
        rows = database.rows(
            f"SELECT resource FROM ({source}) WHERE position <= ? AND {self.condition.sql}"  # noqa: S608
            f" ORDER BY {f'{self.order}, {ordered}' if self.order else ordered} LIMIT ? OFFSET ?",
            *(*values, newest, *self.condition.values, self.size + 1, self.skip),
        )
        token = _write_token(self.skip + self.size, newest, self.digest) if len(rows) > self.size else None
        return Page([json.loads(row[0]) for row in rows[: self.size]], token)


def _non_negative(asked: Mapping[str, Any], name: str) -> int:
    number: int = asked.get(name, 0)
    if number < 0:
        raise ApiError(400, f"{name} must not be negative: {number}")
    return number


def _write_token(skip: int, newest: int, digest: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([skip, newest, digest]).encode()).decode()


def _read_token(token: str, digest: int) -> tuple[int, int | None]:
    if not token:
        return 0, None
    try:
        skip, newest, made_for = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
        if made_for == digest and type(skip) is int and type(newest) is int and 0 <= skip < 2**62 > newest:
            return skip, newest
    except (ValueError, TypeError, RecursionError):
        pass
    raise ApiError(400, "The page token is not valid for this request.")
