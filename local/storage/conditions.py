"""Preconditions of a call: generations, etags and dates.  Called by the routes and by objects.py.

Source: Cloud Storage, "Request preconditions": a condition "match" that fails is 412, a "not match" is 304.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from local.storage.errors import condition_not_met, not_modified
from local.storage.resource import StoredObject, whole_number


@dataclass(frozen=True, slots=True)
class Preconditions:
    """Conditions on the generation and metageneration.  Generation 0 means that no live object may exist."""

    if_generation_match: int | None = None
    if_generation_not_match: int | None = None
    if_metageneration_match: int | None = None
    if_metageneration_not_match: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str], *, source: bool = False) -> "Preconditions":
        """From a query: ifGenerationMatch … or, for a source, ifSourceGenerationMatch ….  Raises StorageError(400)."""
        prefix = "ifSource" if source else "if"
        names = ("GenerationMatch", "GenerationNotMatch", "MetagenerationMatch", "MetagenerationNotMatch")
        return cls(*(whole_number(query, prefix + name) for name in names))

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> "Preconditions":
        """From headers of the XML API, which has no "not match".  Raises StorageError(400)."""
        return cls(
            if_generation_match=whole_number(headers, "x-goog-if-generation-match"),
            if_metageneration_match=whole_number(headers, "x-goog-if-metageneration-match"),
        )

    def check(self, present: StoredObject | None) -> None:
        """Raises StorageError (412, 304).

        Without a live object "not match" fails for every generation.  Source: Cloud Storage JSON API, objects.insert.
        """
        generation = present.generation if present else 0
        if self.if_generation_match not in (None, generation):
            raise condition_not_met()
        if self.if_generation_not_match is not None and (present is None or self.if_generation_not_match == generation):
            raise not_modified()
        self.check_metageneration(present.metageneration if present else 0)

    def check_metageneration(self, found: int) -> None:
        """Check the metageneration of an object or a bucket, 0 for none.  Raises StorageError (412, 304)."""
        if self.if_metageneration_match not in (None, found):
            raise condition_not_met()
        if self.if_metageneration_not_match == found:
            raise not_modified()


def check_tags(headers: Mapping[str, str], present: StoredObject) -> None:
    """Check If-Match and If-None-Match, which both APIs have.  Raises StorageError (412, 304)."""
    if "If-Match" in headers and not _names(headers["If-Match"], present.etag):
        raise condition_not_met()
    if "If-None-Match" in headers and _names(headers["If-None-Match"], present.etag):
        raise not_modified()


def check_dates(headers: Mapping[str, str], present: StoredObject) -> None:
    """Check If-(Un)Modified-Since, which only the XML API has; tags take precedence (RFC 9110, 13.2.2)."""
    updated = present.updated.replace(microsecond=0)
    since = _date(headers.get("If-Modified-Since"))
    if since is not None and "If-None-Match" not in headers and updated <= since:
        raise not_modified()
    until = _date(headers.get("If-Unmodified-Since"))
    if until is not None and "If-Match" not in headers and updated > until:
        raise condition_not_met()


def _names(header: str, etag: str) -> bool:
    """Whether the list of etags has this one; clients of the JSON API send them without quotes, too."""
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in header.split(",")}
    return "*" in tags or etag in tags


def _date(header: str | None) -> datetime | None:
    """The date; None where it is missing or invalid (RFC 9110, 13.1.3)."""
    try:
        found = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
