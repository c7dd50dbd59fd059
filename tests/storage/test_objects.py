"""The store on disk: what exists, under which conditions, and that no name is a path."""

import errno
import threading
from collections.abc import Iterator
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.storage.checksums import Checksums
from local.storage.conditions import Preconditions
from local.storage.errors import StorageError
from local.storage.objects import ObjectStore
from local.storage.resource import Settings, StoredObject
from local.storage.sessions import UploadSessions

NEW = Preconditions(if_generation_match=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    opened = ObjectStore(tmp_path / "data", now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    opened.buckets.ensure("pictures")
    yield opened
    opened.close()


def put(
    store: ObjectStore,
    name: str,
    content: bytes,
    conditions: Preconditions | None = None,
    expected: Checksums | None = None,
) -> StoredObject:
    incoming = store.receive()
    incoming.write_bytes(content)
    return store.create("pictures", name, Settings(), incoming, conditions or Preconditions(), expected)


def content_of(store: ObjectStore, name: str) -> bytes:
    with store.open(store.get("pictures", name)) as file:
        return file.read()


def files(root: Path) -> list[Path]:
    """Each once, under whichever of its names."""
    found = [path for path in root.rglob("*") if path.is_file() and not path.name.startswith("index.sqlite")]
    return list({path.stat().st_ino: path for path in found}.values())


@settings(max_examples=60, deadline=None)
@given(name=st.text(min_size=1, max_size=300) | st.sampled_from(["../../x", "/etc/passwd", "a/../b", "%2F..", "~"]))
def test_any_name_is_kept_inside_the_folder_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    root = tmp_path_factory.mktemp("outside") / "data"
    store = ObjectStore(root)
    store.buckets.ensure("pictures")
    try:
        put(store, name, b"content")
    except StorageError as error:
        assert error.code == 400
        assert files(root) == []
    else:
        assert content_of(store, name) == b"content"
        assert len(files(root)) == 1
    store.close()
    assert [path.name for path in root.parent.iterdir()] == ["data"]


@pytest.mark.parametrize("name", ["", ".", "..", "a\nb", "a\rb", "a\0b", "\ud800", "é" * 513])
def test_a_name_that_google_refuses_is_refused(store: ObjectStore, name: str) -> None:
    with pytest.raises(StorageError) as refused:
        put(store, name, b"")
    assert refused.value.code == 400


def test_names_that_differ_only_in_case_are_two_objects(store: ObjectStore) -> None:
    put(store, "Cat", b"1")
    put(store, "cat", b"2")
    assert (content_of(store, "Cat"), content_of(store, "cat")) == (b"1", b"2")


@pytest.mark.parametrize("name", ["..", "a", "Pictures", "../x", "", "pict\nures", "pictures/x"])
def test_a_bucket_name_that_google_refuses_is_refused(store: ObjectStore, name: str) -> None:
    with pytest.raises(StorageError, match="Invalid bucket name"):
        store.buckets.insert({"name": name})


def test_a_second_create_of_one_name_changes_nothing(store: ObjectStore) -> None:
    first = put(store, "cat.png", b"first", NEW)
    with pytest.raises(StorageError) as refused:
        put(store, "cat.png", b"second", NEW)
    assert refused.value.code == 412
    assert refused.value.to_json()["error"]["errors"][0]["reason"] == "conditionNotMet"
    assert store.get("pictures", "cat.png") == first
    assert content_of(store, "cat.png") == b"first"


def test_of_many_creates_at_once_exactly_one_wins(store: ObjectStore) -> None:
    outcomes: list[bytes] = []

    def create(content: bytes) -> None:
        try:
            put(store, "cat.png", content, NEW)
        except StorageError:
            return
        outcomes.append(content)

    threads = [threading.Thread(target=create, args=(bytes([number]) * 1000,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [content_of(store, "cat.png")]


# Source: Cloud Storage, "Request preconditions", for 412 and 304; JSON API, objects.insert, for an absent object.
@pytest.mark.parametrize(
    ("conditions", "there", "absent"),
    [
        (Preconditions(), None, None),
        (Preconditions(if_generation_match=0), 412, None),
        (Preconditions(if_generation_match=-1), None, 412),  # -1 stands for the present generation
        (Preconditions(if_generation_match=5), 412, 412),
        (Preconditions(if_generation_not_match=0), None, 304),
        (Preconditions(if_generation_not_match=-1), 304, 304),
        (Preconditions(if_metageneration_match=1), None, 412),
        (Preconditions(if_metageneration_match=2), 412, 412),
        (Preconditions(if_metageneration_match=0), 412, None),  # unsure: 0 where none is
        (Preconditions(if_metageneration_not_match=0), None, 304),  # unsure
        (Preconditions(if_metageneration_not_match=1), 304, None),
        (Preconditions(if_metageneration_not_match=2), None, None),
    ],
)
def test_each_precondition_decides_a_write(
    store: ObjectStore, conditions: Preconditions, there: int | None, absent: int | None
) -> None:
    generation = put(store, "there", b"1").generation
    named = Preconditions(*(generation if value == -1 else value for value in astuple(conditions)))
    assert refusal(store, "there", named) == there
    assert refusal(store, "absent", named) == absent


def refusal(store: ObjectStore, name: str, conditions: Preconditions) -> int | None:
    try:
        put(store, name, b"2", conditions)
    except StorageError as error:
        return error.code
    return None


def test_a_generation_is_never_given_twice_even_if_the_clock_stands_still_or_goes_back(tmp_path: Path) -> None:
    instant = datetime(2026, 11, 23, tzinfo=UTC)
    instants = iter(instant - timedelta(seconds=number // 4) for number in range(1000))
    store = ObjectStore(tmp_path, now=lambda: next(instants))
    store.buckets.ensure("pictures")
    generations = [put(store, f"{number % 3}", b"").generation for number in range(12)]
    assert generations == sorted(set(generations))
    store.close()


def test_wrong_checksums_are_refused_and_leave_nothing(store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r'Provided CRC32C "AAAAAA==" doesn\'t match calculated CRC32C'):
        put(store, "cat.png", b"content", expected=Checksums(crc32c="AAAAAA=="))
    with pytest.raises(StorageError, match=r'Provided MD5 hash "no" doesn\'t match calculated MD5 hash'):
        put(store, "cat.png", b"content", expected=Checksums(md5_hash="no"))
    assert files(tmp_path / "data") == []


def test_what_is_replaced_or_deleted_leaves_no_file(store: ObjectStore, tmp_path: Path) -> None:
    for content in (b"1", b"2", b"3"):
        put(store, "cat.png", content)
    assert len(files(tmp_path / "data")) == 1
    store.delete("pictures", "cat.png")
    assert files(tmp_path / "data") == []


def test_a_copy_outlives_its_source(store: ObjectStore) -> None:
    source = put(store, "cat.png", b"content")
    store.copy(source, "pictures", "copy.png", source.settings)
    store.delete("pictures", "cat.png")
    assert content_of(store, "copy.png") == b"content"


def test_an_open_content_stays_readable_after_it_is_replaced(store: ObjectStore) -> None:
    with store.open(put(store, "cat.png", b"first")) as file:
        put(store, "cat.png", b"second")
        assert file.read() == b"first"


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    store = ObjectStore(tmp_path)
    store.buckets.ensure("pictures")
    store.buckets.set_policy("pictures", {"bindings": [{"role": "roles/x", "members": ["allUsers"]}]})
    before = put(store, "a/b ü%.png", b"content")
    store.close()
    again = ObjectStore(tmp_path)
    assert again.get("pictures", "a/b ü%.png") == before
    assert content_of(again, "a/b ü%.png") == b"content"
    assert again.buckets.policy("pictures")["bindings"][0]["members"] == ["allUsers"]
    again.close()


def test_an_abandoned_session_is_swept_away_after_a_week(tmp_path: Path) -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    store = ObjectStore(tmp_path, now=lambda: start)
    store.buckets.ensure("pictures")
    UploadSessions(store).start("pictures", "big", Settings(), Preconditions(), Checksums())
    store.close()
    for days, kept in ((6, 1), (8, 0)):
        store = ObjectStore(tmp_path, now=lambda days=days: start + timedelta(days=days))  # type: ignore[misc]
        store.close()
        assert len(files(tmp_path)) == kept


def test_a_disk_that_fills_just_then_is_told_as_a_file_that_is_missing(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the note of the content to come is written; the next try finds nothing in its way."""

    def full(_: StoredObject) -> Path:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(store, "_note", full)
        with pytest.raises(OSError, match="no room"):
            put(store, "a", b"content")
    assert files(tmp_path / "data") == []
    put(store, "a", b"content")
