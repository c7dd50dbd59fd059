"""Finds and deletes the oldest objects.  Called by local/data/sweeping.py, on a thread."""

from contextlib import suppress
from datetime import UTC, datetime

from local.storage.errors import StorageError
from local.storage.objects import ObjectStore


def oldest_s(store: ObjectStore) -> float | None:
    ((generation,),) = store.database.rows("SELECT min(generation) FROM objects")
    return None if generation is None else generation / 1_000_000


def forget(store: ObjectStore, before_s: float, most: int) -> int:
    """Delete up to `most` objects that were created before that instant, the oldest first.  Returns how many.

    A generation is the time of creation in microseconds.
    """
    old = store.database.rows(
        "SELECT bucket, name, generation FROM objects WHERE generation < ? ORDER BY generation LIMIT ?",
        int(before_s * 1_000_000),
        most,
    )
    for bucket, name, generation in old:
        with suppress(StorageError):  # it was replaced or deleted meanwhile
            store.delete(bucket, name, generation=generation)
    store.expire_sessions(datetime.fromtimestamp(before_s, UTC))
    return len(old)
