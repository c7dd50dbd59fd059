"""A process killed at any moment leaves each object whole or absent, and no file behind that nothing names."""

import random
import subprocess
import sys
from pathlib import Path

from local.storage.checksums import checksums_of
from local.storage.objects import ObjectStore
from tests.servers import ROOT

ROUNDS = 12


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
        for _ in range(chance.randrange(20_000)):  # somewhere inside an operation, not always at its end
            pass
        writer.kill()
        writer.communicate()
        seen += check_whole(tmp_path, f"seed {seed}, round {round_number}")
    assert seen > ROUNDS, f"seed {seed}: the writers left almost nothing to look at"


def check_whole(root: Path, when: str) -> int:
    store = ObjectStore(root)
    try:
        found = store.names("pictures", "", None, 1000)
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
        assert list((root / "incoming").iterdir()) == [], when
        return len(found)
    finally:
        store.close()
