"""Lists one page of a bucket's objects; a delimiter groups names by prefix, like folders.  Called by rest.py."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from local.storage.errors import invalid
from local.storage.objects import ObjectStore
from local.storage.resource import StoredObject, whole_number

_PAGE = 1000
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Page:
    """next_token is None on the last page."""

    objects: list[StoredObject]
    prefixes: list[str]
    next_token: str | None


def list_objects(store: ObjectStore, bucket: str, query: Mapping[str, str]) -> Page:
    """One page.  Parameters of the query: prefix, delimiter, startOffset, endOffset, maxResults, pageToken.

    Objects and prefixes together are at most maxResults entries.  Raises StorageError (400, 404).
    """
    store.buckets.require(bucket)
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    ends = [end for end in (query.get("endOffset"), prefix + _LAST if prefix else None) if end]
    end = min(ends) if ends else None
    limit = min(whole_number(query, "maxResults") or _PAGE, _PAGE)
    position, after = max(prefix, query.get("startOffset", "")), False
    if token := query.get("pageToken"):
        position, after = read_token(token), True

    objects: list[StoredObject] = []
    prefixes: list[str] = []
    while True:
        batch = store.names(bucket, position, end, limit + 1 - len(objects) - len(prefixes), after=after)
        for found in batch:
            if len(objects) + len(prefixes) == limit:
                return Page(objects, prefixes, write_token(position))
            cut = found.name.find(delimiter, len(prefix)) if delimiter else -1
            if cut >= 0:
                # All names with this prefix are one entry: continue after the last possible one.
                prefixes.append(found.name[: cut + len(delimiter)])
                position, after = prefixes[-1] + _LAST, True
                break
            objects.append(found)
            position, after = found.name, True
        else:
            return Page(objects, prefixes, None)


def write_token(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()


def read_token(token: str) -> str:
    """Raises StorageError(400)."""
    try:
        return base64.urlsafe_b64decode(token.encode("ascii")).decode()
    except (binascii.Error, UnicodeError):
        raise invalid(f"Invalid value for pageToken: {token!r}") from None
