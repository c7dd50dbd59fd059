"""The same bytes lie on the disk once, whoever keeps them, and are gone with the last who does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.data.content_pool import ContentPool
from local.data.sweeping import used_bytes
from local.storage.errors import StorageError
from local.storage.objects import ObjectStore
from local.storage.resource import Settings, StoredObject
from tests.servers import ROOT


def put(store: ObjectStore, name: str, content: bytes) -> StoredObject:
    incoming = store.receive()
    incoming.write_bytes(content)
    return store.create("pictures", name, Settings(), incoming)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    store = ObjectStore(tmp_path / "objects", ContentPool(tmp_path / "contents"))
    store.buckets.ensure("pictures")
    yield store
    store.close()


def pooled(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "contents").rglob("*") if path.is_file()]


def test_the_same_bytes_lie_there_once_and_deleting_one_leaves_the_other(tmp_path: Path, store: ObjectStore) -> None:
    contents, content = ContentPool(tmp_path / "contents"), os.urandom(50_000)
    put(store, "o1", content)
    contents.keep_bytes(content, tmp_path / "mine" / "7")
    put(store, "o2", content)
    assert used_bytes(tmp_path) < 2 * 50_000 + used_bytes(tmp_path / "objects")
    assert len(pooled(tmp_path)) == 1
    store.delete("pictures", "o1")
    assert (tmp_path / "mine" / "7").read_bytes() == content
    contents.drop(tmp_path / "mine" / "7")
    with store.open(store.get("pictures", "o2")) as file:
        assert file.read() == content
    store.delete("pictures", "o2")
    assert pooled(tmp_path) == []


def test_a_content_that_somebody_shortened_is_nobody_elses(tmp_path: Path) -> None:
    contents, content = ContentPool(tmp_path / "contents"), os.urandom(5_000)
    contents.keep_bytes(content, tmp_path / "mine" / "1")
    (one,) = pooled(tmp_path)
    os.truncate(one, 10)
    contents.keep_bytes(content, tmp_path / "mine" / "2")
    assert (tmp_path / "mine" / "2").read_bytes() == content
    contents.keep_bytes(content, tmp_path / "mine" / "3")
    assert (tmp_path / "mine" / "3").stat().st_ino == (tmp_path / "mine" / "2").stat().st_ino


def test_where_nothing_can_be_linked_there_is_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    contents = ContentPool(tmp_path / "contents")
    monkeypatch.setattr(os, "link", refuse)
    contents.keep_bytes(b"content", tmp_path / "mine" / "1")
    assert (tmp_path / "mine" / "1").read_bytes() == b"content"


def test_what_a_killed_process_left_in_the_pool_goes_at_the_next_start(tmp_path: Path) -> None:
    contents = ContentPool(tmp_path / "contents")
    contents.keep_bytes(b"kept", tmp_path / "mine" / "1")
    contents.keep_bytes(b"left", tmp_path / "mine" / "2")
    (tmp_path / "mine" / "2").unlink()  # and then it was killed
    (tmp_path / "contents" / "a-draft").write_bytes(b"half")
    list(ContentPool(tmp_path / "contents").remove_orphans())
    assert [path.read_bytes() for path in pooled(tmp_path)] == [b"kept"]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: os.truncate(path, 3)])
def test_an_object_whose_content_is_lost_is_an_error_that_names_the_file(
    tmp_path: Path, store: ObjectStore, damage: Any
) -> None:
    put(store, "o1", b"content")
    (path,) = [each for each in (tmp_path / "objects" / "content").rglob("*") if each.is_file()]
    damage(path)
    with pytest.raises(StorageError, match=rf"The content of pictures/o1 is lost: {path} ") as told:
        store.open(store.get("pictures", "o1"))
    assert told.value.code == 500


SWEEPING = """
import sys
from pathlib import Path
from local.data.content_pool import ContentPool
from local.storage import aging
from local.storage.objects import ObjectStore
store = ObjectStore(Path(sys.argv[1]) / "objects", ContentPool(Path(sys.argv[1]) / "contents"))
print("ready", flush=True)
while aging.forget(store, float(sys.argv[2]), 5):
    print("slice", flush=True)
"""


def test_killed_amid_a_sweep_nothing_is_lost_but_what_was_to_go(tmp_path: Path, store: ObjectStore) -> None:
    old = [put(store, f"old{number}", os.urandom(2_000)) for number in range(150)]
    time_s = old[-1].generation / 1_000_000 + 1e-6
    young = {f"young{number}": os.urandom(2_000) for number in range(20)}
    for name, content in young.items():
        put(store, name, content)
    for _ in range(3):
        command = [sys.executable, "-c", SWEEPING, str(tmp_path), str(time_s)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(3)][1] == "slice\n"
            process.send_signal(signal.SIGKILL)
    again = ObjectStore(tmp_path / "objects", ContentPool(tmp_path / "contents"))
    list(ContentPool(tmp_path / "contents").remove_orphans())
    left = again.names("pictures", "", None, 1000, after=False)
    for one in left:
        with again.open(one) as file:
            assert len(file.read()) == 2_000
    assert {one.name for one in left} >= set(young)
    assert len(left) < 150 + 20
    assert len([path for path in (tmp_path / "objects" / "content").rglob("*") if path.is_file()]) == len(left)
    assert len(pooled(tmp_path)) == len(left)
    again.close()
