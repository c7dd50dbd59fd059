"""What a disk may refuse: a file that is not what it should be, and, for a while, any writing at all.

Used by all that keep something below local/.
"""

import asyncio
import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 5.0
_SAY_EVERY_S = 10.0  # a thousand executions that wait for the same disk are one line, not a thousand

# What may be otherwise a moment later: a full disk, one that fails or is read-only, a file that another program locks.
_TRANSIENT_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE})
# Source: SQLite, "Result and Error Codes"; the lowest byte of a code is its kind.
_TRANSIENT_CODES = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)

_log = logging.getLogger("mando.local")
_said_s = -_SAY_EVERY_S

Result = TypeVar("Result")


class DiskUnavailable(Exception):
    """Raised when the disk does not take what is to be kept, and nothing of it was kept; later it may."""


class UnusableFile(Exception):
    """Raised when a file of ours cannot be used; the message is a sentence that names it and says what can be done."""


def unusable_key(path: Path, expected: str, error: Exception) -> UnusableFile:
    """For a file that should hold a key, as `expected` says."""
    why = error.strerror if isinstance(error, OSError) else "it is damaged, or another's"
    remedy = "bring it back from a copy, or move it away: a new one is made then"
    return UnusableFile(f"{path} cannot be read as {expected}: {why}; {remedy}")


def is_transient(error: Exception) -> bool:
    """Whether the same may succeed later, when there is room again."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", -1) & 0xFF in _TRANSIENT_CODES
    return isinstance(error, OSError) and error.errno in _TRANSIENT_ERRNOS


async def retry_until_written(write: Callable[[], Result]) -> Result:
    """write(), and again with a backoff for as long as the disk takes nothing."""
    for wait_s in backoffs_s():
        try:
            return write()
        except DiskUnavailable as error:
            log_waiting_for_disk(error)
        await asyncio.sleep(wait_s)
    raise AssertionError("backoffs_s() has no end")


def backoffs_s() -> Iterator[float]:
    """How long to wait before each further try, without end."""
    wait_s = _FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(wait_s * 2, _LONGEST_WAIT_S)


def log_waiting_for_disk(error: DiskUnavailable) -> None:
    global _said_s
    now_s = time.monotonic()
    if now_s - _said_s >= _SAY_EVERY_S:
        _said_s = now_s
        _log.warning("%s; what waits for it goes on when the disk takes it", error)
