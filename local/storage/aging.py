"""The oldest of what the bucket holds, and its end.  Called by local/data/sweeping.py, on a thread."""

from contextlib import suppress
from datetime import UTC, datetime

from local.storage.errors import StorageError
from local.storage.objects import ObjectStore


def oldest_s(store: ObjectStore) -> float | None:
    ((generation,),) = store.database.rows("SELECT min(generation) FROM objects")
    return None if generation is None else generation / 1_000_000


def forget(store: ObjectStore, before_s: float, most: int) -> int:
    """Delete up to `most` objects that were made before that instant, the oldest first; how many it were.

    A generation is the microsecond in which it was made.
    """
    old = store.database.rows(
        "SELECT bucket, name, generation FROM objects WHERE generation < ? ORDER BY generation LIMIT ?",
        int(before_s * 1_000_000),
        most,
    )
    for bucket, name, generation in old:
        with suppress(StorageError):  # somebody else replaced or deleted it just now
            store.delete(bucket, name, generation=generation)
    store.end_uploads(datetime.fromtimestamp(before_s, UTC))
    return len(old)
