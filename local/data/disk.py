"""Errors of the disk: files that cannot be used, writes that fail for a while, and how to retry them.

Used by everything below local/ that stores data.
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
_LOG_EVERY_S = 10.0  # a thousand executions that wait for the same disk are one line, not a thousand

# Errors that may pass: a full disk, one that fails or is read-only, a file that another program locks.
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
_logged_at_s = -_LOG_EVERY_S

Result = TypeVar("Result")


class DiskUnavailable(Exception):
    """Raised when a write to the disk failed.  Nothing of it was stored; a later attempt may succeed."""


class UnusableFile(Exception):
    """Raised when a file of ours cannot be used; the message names the file and says what to do."""


def unusable_key(path: Path, expected: str, error: Exception) -> UnusableFile:
    """The error for a file that should hold a key; expected says which."""
    why = error.strerror if isinstance(error, OSError) else "it is damaged, or another's"
    remedy = "bring it back from a copy, or move it away: a new one is made then"
    return UnusableFile(f"{path} cannot be read as {expected}: {why}; {remedy}")


def is_transient(error: Exception) -> bool:
    """Whether the same call may succeed later, for example when there is space again."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", -1) & 0xFF in _TRANSIENT_CODES
    return isinstance(error, OSError) and error.errno in _TRANSIENT_ERRNOS


async def retry_until_written(write: Callable[[], Result]) -> Result:
    """Call write(), and retry it with a backoff while it raises DiskUnavailable."""
    for wait_s in backoffs_s():
        try:
            return write()
        except DiskUnavailable as error:
            log_waiting_for_disk(error)
        await asyncio.sleep(wait_s)
    raise AssertionError("backoffs_s() has no end")


def backoffs_s() -> Iterator[float]:
    """The wait before each retry, without end."""
    wait_s = _FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(wait_s * 2, _LONGEST_WAIT_S)


def log_waiting_for_disk(error: DiskUnavailable) -> None:
    global _logged_at_s
    now_s = time.monotonic()
    if now_s - _logged_at_s >= _LOG_EVERY_S:
        _logged_at_s = now_s
        _log.warning("%s; what waits for it goes on when the disk takes it", error)
