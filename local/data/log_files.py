"""The logs of the programs beside us, which append to them as long as they run: kept small.  Called by server.py."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

from local.retention import LOG_BYTES

_LOOK_EVERY_S = 60.0


async def keep_small(folder: Path) -> None:
    """Until cancelled."""
    while True:
        await asyncio.to_thread(shorten, folder)
        await asyncio.sleep(_LOOK_EVERY_S)


def shorten(folder: Path, most_bytes: int = LOG_BYTES) -> None:
    """What is in a log that is larger goes to NAME.1, in the place of what was there.

    The program holds its file open, so it is emptied and not replaced; a line of just that moment is lost.
    """
    for path in folder.glob("*.log"):
        draft = path.with_name(f"{path.name}.new")
        with suppress(OSError):  # the disk is full: tried again
            if path.stat().st_size > most_bytes:
                with path.open("rb+") as log, draft.open("wb") as copy:
                    shutil.copyfileobj(log, copy)
                    log.truncate(0)
                draft.replace(path.with_name(f"{path.name}.1"))
