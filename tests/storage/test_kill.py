"""A process killed at any moment leaves each object whole or absent, and no file behind that nothing names."""

import itertools
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from local.storage import database, objects
from local.storage.checksums import Checksums, checksums_of
from local.storage.conditions import Preconditions
from local.storage.objects import ObjectStore
from local.storage.resource import Settings
from local.storage.sessions import UploadSessions
from tests.servers import ROOT

ROUNDS = 6
TRACED = {objects.__file__, database.__file__}


def create(store: ObjectStore, name: str = "picture") -> None:
    incoming = store.receive()
    incoming.write_bytes(f"{name}\n9\n".encode() + b"." * 9)
    store.create("pictures", name, Settings(), incoming)


def upload_resumably(store: ObjectStore) -> None:
    sessions = UploadSessions(store)
    session = sessions.get(sessions.start("pictures", "picture", Settings(), Preconditions(), Checksums()))
    sessions.write(session, 0, b"picture\n9\n.........")
    sessions.finish(session, Checksums())


CHANGES: dict[str, Callable[[ObjectStore], object]] = {
    "create": lambda store: create(store, "another"),
    "replace": create,
    "delete": lambda store: store.delete("pictures", "picture"),
    "copy over itself": lambda store: store.copy(store.get("pictures", "picture"), "pictures", "picture", Settings()),
    "change settings": lambda store: store.update("pictures", "picture", lambda settings: settings),
    "upload resumably": upload_resumably,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_process_that_ends_after_any_line_leaves_whole_objects_and_no_litter(tmp_path: Path, change: str) -> None:
    before = tmp_path / "before"
    store = ObjectStore(before)
    store.buckets.ensure("pictures")
    create(store)
    store.close()
    stages = tmp_path / "stages"
    keep_after_each_line(before, stages, CHANGES[change])
    kept = sorted(stages.iterdir())
    assert len(kept) > 10
    for root in kept:
        check_whole(root, f"{change}, ended after {root.name} lines")


def keep_after_each_line(root: Path, stages: Path, change: Callable[[ObjectStore], object]) -> None:
    """Makes the change in a process of its own, and copies all files after each line, as a kill would leave them.

    What SQLite or Python has not written yet is in no copy.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        return
    lines = itertools.count()

    def keep() -> None:
        shutil.copytree(root, stages / f"{next(lines):04}")

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in TRACED:
            return None
        if event == "line":
            keep()
        return trace

    try:
        store = ObjectStore(root)
        sys.settrace(trace)
        change(store)
        sys.settrace(None)
        keep()
        os._exit(0)
    finally:
        os._exit(1)


def test_killed_writers_leave_whole_objects_and_no_litter(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seed)
    seen = 0
    for round_number in range(ROUNDS):
        writer = subprocess.Popen(
            [sys.executable, "-m", "tests.storage.writer", str(tmp_path), str(chance.randrange(1 << 32))],
            cwd=ROOT,
            stdout=subprocess.PIPE,
        )
        assert writer.stdout is not None
        writer.stdout.read(chance.randrange(1, 60))
        writer.kill()
        writer.communicate()
        seen += check_whole(tmp_path, f"seed {seed}, round {round_number}")
    assert seen > ROUNDS, f"seed {seed}: the writers left almost nothing to look at"


def check_whole(root: Path, when: str) -> int:
    store = ObjectStore(root)
    try:
        found = store.names("pictures", "", None, 1000, after=False)
        for stored in found:
            with store.open(stored) as file:
                content = file.read()
            name, length, rest = content.split(b"\n", 2)
            assert name.decode() == stored.name, when
            assert len(rest) == int(length), when
            assert len(content) == stored.size, when
            path = root / "content" / file.name
            assert checksums_of(path).md5_hash == stored.md5_hash, when
        on_disk = [path for path in (root / "content").rglob("*") if path.is_file()]
        assert len(on_disk) == len(found), f"{when}: {len(on_disk)} files for {len(found)} objects"
        assert list((root / "pending").iterdir()) == [], when
        sessions = store.database.rows("SELECT id FROM sessions WHERE generation IS NULL")
        assert {path.name for path in (root / "incoming").iterdir()} <= {row[0] for row in sessions}, when
        return len(found)
    finally:
        store.close()
