"""Deletes data older than retention.py allows, in small batches.  Called by local/server.py."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local.data.disk import DiskUnavailable, log_waiting_for_disk
from local.retention import KEPT_BYTES, KEPT_S, LEAST_KEPT_S

_SWEEP_EVERY_S = 600.0
_BATCH = 20  # entries: about 5 ms
_MEASURE_EVERY = 5  # batches: measuring the folder takes longer than deleting from it
_PAGES_AT_ONCE = 500  # of 4 KiB: about 5 ms


@dataclass(frozen=True, slots=True)
class ExpiringStore:
    """A store whose old entries are deleted.  Times are seconds since the epoch.

    oldest_s(): the time of the oldest entry that may be deleted, None where there is none.
    forget(before_s, most): delete up to `most` entries older than that, the oldest first; returns how many.
    release_free_pages(most): return free pages of its SQLite file to the disk.
    """

    oldest_s: Callable[[], Awaitable[float | None]]
    forget: Callable[[float, int], Awaitable[int]]
    release_free_pages: Callable[[int], Awaitable[None]]


class Sweeper:
    """Deletes old entries of all stores, and yields to the event loop after each batch.

    oldest_unfinished_s(): when the oldest running execution was created.  It may still need all newer entries.
    at_start: work that is done once, before the first sweep.
    """

    def __init__(
        self,
        folder: Path,
        stores: Sequence[ExpiringStore],
        oldest_unfinished_s: Callable[[], float | None],
        at_start: Iterator[None],
        now_s: Callable[[], float] = time.time,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self._folder = folder
        self._stores = stores
        self._oldest_unfinished_s = oldest_unfinished_s
        self._at_start = at_start
        self._now_s = now_s
        self._kept_bytes = kept_bytes

    async def run(self) -> None:
        """Sweep every ten minutes, until cancelled."""
        with suppress(OSError):
            await asyncio.to_thread(list, self._at_start)
        while True:
            try:
                await self.sweep()
            except DiskUnavailable as error:  # deleting needs free space, too
                log_waiting_for_disk(error)
            await asyncio.sleep(_SWEEP_EVERY_S)

    async def sweep(self) -> None:
        """Delete what is too old, then the oldest until the folder is small enough.  Raises DiskUnavailable."""
        for store in self._stores:
            while await store.forget(self._now_s() - KEPT_S, _BATCH):
                await store.release_free_pages(_PAGES_AT_ONCE)
                await asyncio.sleep(0)
        while await asyncio.to_thread(used_bytes, self._folder) > self._kept_bytes:
            for _ in range(_MEASURE_EVERY):
                if not await self._forget_oldest():
                    return
                await asyncio.sleep(0)

    async def _forget_oldest(self) -> bool:
        """Delete one batch of the store with the oldest entry; False where nothing may be deleted."""
        stores = [(oldest_s, store) for store in self._stores if (oldest_s := await store.oldest_s()) is not None]
        before_s = min(self._now_s() - LEAST_KEPT_S, self._oldest_unfinished_s() or self._now_s())
        if not stores:
            return False
        _, store = min(stores, key=lambda one: one[0])
        gone = await store.forget(before_s, _BATCH)
        await store.release_free_pages(_PAGES_AT_ONCE)
        return gone > 0


def used_bytes(folder: Path) -> int:
    """The space that the folder takes on the disk; a file with several hard links counts once."""
    files: dict[tuple[int, int], int] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                found = (Path(place) / name).lstat()
                files[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(files.values())
