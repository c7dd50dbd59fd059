"""The real google-cloud-storage client against the bucket: what steps/ does with it, and what a user would."""

import os

import pytest
import requests
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage

from tests.storage.serving import BUCKET

BIG = 9 * 1024 * 1024 + 5  # above 8 MiB the client uploads resumably


def test_an_upload_comes_back_with_its_settings(client: storage.Client) -> None:
    blob = client.bucket(BUCKET).blob("a/b ü%2F#?.png")
    blob.cache_control = "public, max-age=31536000, immutable"
    blob.metadata = {"words": "meine Katze"}
    blob.upload_from_string(b"content", content_type="image/png", if_generation_match=0)
    found = client.bucket(BUCKET).get_blob("a/b ü%2F#?.png")
    assert found is not None
    assert (found.content_type, found.cache_control) == ("image/png", "public, max-age=31536000, immutable")
    assert (found.metadata, found.size) == ({"words": "meine Katze"}, 7)
    assert found.download_as_bytes() == b"content"
    found.delete()


def test_a_second_create_is_a_precondition_failed(client: storage.Client) -> None:
    blob = client.bucket(BUCKET).blob("once.png")
    blob.upload_from_string(b"first", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        client.bucket(BUCKET).blob("once.png").upload_from_string(b"second", if_generation_match=0)
    assert blob.download_as_bytes() == b"first"
    blob.delete()


@pytest.mark.parametrize("chunk_size", [None, 1024 * 1024])
def test_a_big_upload_is_resumable_and_comes_back_whole(client: storage.Client, chunk_size: int | None) -> None:
    content = os.urandom(BIG)
    blob = client.bucket(BUCKET).blob("big.bin", chunk_size=chunk_size)
    blob.upload_from_string(content)
    assert blob.size == BIG
    assert client.bucket(BUCKET).blob("big.bin", chunk_size=chunk_size).download_as_bytes() == content
    blob.delete()


def test_a_part_of_an_object_can_be_read(client: storage.Client) -> None:
    blob = client.bucket(BUCKET).blob("part")
    blob.upload_from_string(b"0123456789")
    assert blob.download_as_bytes(start=2, end=4) == b"234"
    assert blob.download_as_bytes(start=7) == b"789"
    with blob.open("rb") as file:
        file.seek(5)
        assert file.read(2) == b"56"
    blob.delete()


def test_a_listing_pages_and_folds_folders(client: storage.Client) -> None:
    bucket = client.bucket(BUCKET)
    names = [f"list/{folder}/{number}" for folder in "ab" for number in range(3)] + ["list/top"]
    for name in names:
        bucket.blob(name).upload_from_string(b"")
    assert [blob.name for blob in client.list_blobs(BUCKET, prefix="list/", page_size=2)] == names
    listed = client.list_blobs(BUCKET, prefix="list/", delimiter="/", page_size=1)
    assert [blob.name for blob in listed] == ["list/top"]
    assert listed.prefixes == {"list/a/", "list/b/"}
    bucket.delete_blobs([bucket.blob(name) for name in names])
    assert list(client.list_blobs(BUCKET, prefix="list/")) == []


def test_copy_rewrite_compose_and_patch_do_what_they_say(client: storage.Client) -> None:
    bucket = client.bucket(BUCKET)
    first, second = bucket.blob("first"), bucket.blob("second")
    first.upload_from_string(b"one ", content_type="image/png")
    assert bucket.copy_blob(first, bucket, "copied").download_as_bytes() == b"one "
    assert second.rewrite(first) == (None, 4, 4)
    joined = bucket.blob("joined")
    joined.compose([first, second])
    assert (joined.download_as_bytes(), joined.component_count) == (b"one one ", 2)
    first.content_type = "image/gif"
    first.patch()
    assert (first.metageneration, bucket.get_blob("first").content_type) == (2, "image/gif")
    assert bucket.get_blob("copied").content_type == "image/png"
    for name in ("first", "second", "copied", "joined"):
        bucket.blob(name).delete()


def test_what_is_not_there_is_not_found(client: storage.Client) -> None:
    assert client.bucket(BUCKET).blob("nope").exists() is False
    with pytest.raises(NotFound, match=f"No such object: {BUCKET}/nope"):
        client.bucket(BUCKET).blob("nope").download_as_bytes()
    with pytest.raises(NotFound, match="The specified bucket does not exist"):
        client.bucket("missing").blob("x").upload_from_string(b"")


def test_the_public_url_shows_the_object(
    client: storage.Client, base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", base_url)  # as mando up gives it to steps/
    local = storage.Client(project="demo")
    blob = local.bucket(BUCKET).blob("public/ü.png")
    blob.upload_from_string(b"content", content_type="image/png")
    assert blob.public_url == f"{base_url}/{BUCKET}/public/%C3%BC.png"
    assert requests.get(blob.public_url, timeout=10).content == b"content"
    blob.delete()
    local.close()


def test_a_bucket_is_made_described_opened_and_deleted(client: storage.Client) -> None:
    bucket = client.create_bucket("made-here", location="us-central1")
    assert client.get_bucket("made-here").location == "us-central1"
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {"allUsers"}})
    bucket.set_iam_policy(policy)
    assert bucket.get_iam_policy(requested_policy_version=3).bindings == [
        {"role": "roles/storage.objectViewer", "members": {"allUsers"}}
    ]
    assert "made-here" in [found.name for found in client.list_buckets()]
    bucket.delete()
    assert client.lookup_bucket("made-here") is None
