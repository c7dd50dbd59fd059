"""Keeps the log files of the child programs small while they append to them.  Called by server.py."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

from local.retention import LOG_BYTES

_LOOK_EVERY_S = 60.0


async def keep_small(folder: Path) -> None:
    """Check all logs once a minute, until cancelled."""
    while True:
        await asyncio.to_thread(shorten, folder)
        await asyncio.sleep(_LOOK_EVERY_S)


def shorten(folder: Path, most_bytes: int = LOG_BYTES) -> None:
    """Move the text of each log above most_bytes to NAME.1, which is replaced.

    The program holds its log open, so the log is emptied, not replaced.  A line written at that moment is lost.
    """
    for path in folder.glob("*.log"):
        draft = path.with_name(f"{path.name}.new")
        with suppress(OSError):  # the disk is full: the next check retries
            if path.stat().st_size > most_bytes:
                with path.open("rb+") as log, draft.open("wb") as copy:
                    shutil.copyfileobj(log, copy)
                    log.truncate(0)
                draft.replace(path.with_name(f"{path.name}.1"))
