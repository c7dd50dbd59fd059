"""Stores equal content once on disk: a picture is an object of the bucket and a file of Discord's message.

Used by storage/objects.py and discord/data/store.py.  Each owner of a content has its own hard link to it, so one can
delete its link and the other keeps the content; the file system counts the links.  The pool holds one more link, named
by the digest.  With it the pool finds content that is stored already.  It is removed with the last owner's link.
"""

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_MOST_SHARED_BYTES = 10 * 1024 * 1024  # Discord takes no larger file, so nobody would share it
_CHUNK_BYTES = 1 << 20
# Another disk, a file system without links, or a file that has as many as it can.
_CANNOT_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK})


class ContentPool:
    """The pool in one folder.  Any thread may call it.  A method that raises OSError has changed nothing."""

    def __init__(self, pool: Path) -> None:
        self._pool = pool
        pool.mkdir(parents=True, exist_ok=True)

    def keep(self, source: Path, target: Path) -> None:
        """Make target a link to the content of source.  source may be removed later, but not changed."""
        target.parent.mkdir(exist_ok=True)
        pooled = self._pooled(source)
        if pooled is None:
            _link(source, target)
        elif not _shared(pooled, source.stat().st_size, target):
            _link(source, target)
            with suppress(OSError):  # then the pool only fails to share this content
                pooled.parent.mkdir(exist_ok=True)
                draft = self._draft()
                os.link(target, draft)
                draft.rename(pooled)

    def keep_bytes(self, content: bytes, target: Path) -> None:
        """Write content to target."""
        target.parent.mkdir(exist_ok=True)
        if _shared(self._place(hashlib.sha256(content).hexdigest()), len(content), target):
            return
        draft = self._draft()
        try:
            draft.write_bytes(content)
            self.keep(draft, target)
        finally:
            draft.unlink(missing_ok=True)

    def drop(self, path: Path) -> None:
        """Remove the file, and the pool's link if no other owner is left.  A missing file is no error."""
        with suppress(FileNotFoundError):
            pooled = self._pooled(path)
            path.unlink()
            if pooled is not None and pooled.stat().st_nlink == 1:
                pooled.unlink()

    def remove_orphans(self) -> Iterator[None]:
        """Remove the content without owner that a killed process left.  Yields after each folder of the pool."""
        for folder in list(self._pool.iterdir()):
            if not folder.is_dir():
                folder.unlink(missing_ok=True)  # a draft
                continue
            for pooled in folder.iterdir():
                if pooled.stat().st_nlink == 1:
                    pooled.unlink(missing_ok=True)
            yield

    def _pooled(self, path: Path) -> Path | None:
        if not 0 < path.stat().st_size <= _MOST_SHARED_BYTES:
            return None
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        return self._place(digest.hexdigest())

    def _place(self, digest: str) -> Path:
        return self._pool / digest[:2] / digest

    def _draft(self) -> Path:
        return self._pool / uuid.uuid4().hex


def _shared(pooled: Path, size: int, target: Path) -> bool:
    """Link target to the pool's file; False where there is none of that size (it may have been truncated)."""
    with suppress(OSError):
        if pooled.stat().st_size == size:
            os.link(pooled, target)
            return True
    return False


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        draft = target.with_name(f"{target.name}.new")
        try:
            shutil.copyfile(source, draft)
            draft.rename(target)
        finally:
            draft.unlink(missing_ok=True)
