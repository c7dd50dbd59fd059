"""Takes away what was kept long enough (retention.py), a little at a time.  Called by local/server.py."""

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
_AT_ONCE = 20  # so many are deleted in one go: about 5 ms
_MEASURE_EVERY = 5  # slices; to measure the folder takes longer than to delete from it
_PAGES_AT_ONCE = 500  # of 4 KiB: about 5 ms


@dataclass(frozen=True, slots=True)
class Shelf:
    """Something that grows.  Times are seconds since the epoch.

    oldest_s: since when the oldest has lain there that may go, None where none may.  forget(before_s, most): delete up
    to `most` that are older, the oldest first; how many it were.  give_back(pages): free pages go back to the disk.
    """

    oldest_s: Callable[[], Awaitable[float | None]]
    forget: Callable[[float, int], Awaitable[int]]
    give_back: Callable[[int], Awaitable[None]]


class Retention:
    """Sweeps the shelves in small steps, between which others get their turn.

    unfinished_s tells since when the oldest execution runs that has not ended: what is younger, it may still need.
    settle does a little at a time of what is to be done once, when we start.
    """

    def __init__(
        self,
        folder: Path,
        shelves: Sequence[Shelf],
        unfinished_s: Callable[[], float | None],
        settle: Iterator[None],
        now_s: Callable[[], float] = time.time,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        self._folder = folder
        self._shelves = shelves
        self._unfinished_s = unfinished_s
        self._settle = settle
        self._now_s = now_s
        self._kept_bytes = kept_bytes

    async def run(self) -> None:
        """Until cancelled."""
        with suppress(OSError):
            await asyncio.to_thread(list, self._settle)
        while True:
            try:
                await self.sweep()
            except DiskUnavailable as error:  # to delete takes room, too
                log_waiting_for_disk(error)
            await asyncio.sleep(_SWEEP_EVERY_S)

    async def sweep(self) -> None:
        """First what is too old, then the oldest of all until the folder is small enough.  Raises DiskUnavailable."""
        for shelf in self._shelves:
            while await shelf.forget(self._now_s() - KEPT_S, _AT_ONCE):
                await shelf.give_back(_PAGES_AT_ONCE)
                await asyncio.sleep(0)
        while await asyncio.to_thread(used_bytes, self._folder) > self._kept_bytes:
            for _ in range(_MEASURE_EVERY):
                if not await self._forget_oldest():
                    return
                await asyncio.sleep(0)

    async def _forget_oldest(self) -> bool:
        """One slice of the shelf that has the oldest; False where nothing may go."""
        shelves = [(oldest_s, shelf) for shelf in self._shelves if (oldest_s := await shelf.oldest_s()) is not None]
        before_s = min(self._now_s() - LEAST_KEPT_S, self._unfinished_s() or self._now_s())
        if not shelves:
            return False
        _, shelf = min(shelves, key=lambda one: one[0])
        gone = await shelf.forget(before_s, _AT_ONCE)
        await shelf.give_back(_PAGES_AT_ONCE)
        return gone > 0


def used_bytes(folder: Path) -> int:
    """What the folder takes on the disk; a file with several names counts once."""
    files: dict[tuple[int, int], int] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                found = (Path(place) / name).lstat()
                files[found.st_dev, found.st_ino] = found.st_blocks * 512
    return sum(files.values())
