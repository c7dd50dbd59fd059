"""The real `gcloud storage` against the bucket."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from google.cloud import storage

from cli.env import gcloud_environment
from tests.gcloud import gcloud, require_gcloud
from tests.storage.serving import BUCKET

Run = Callable[..., tuple[int, str, str]]
BIG = 9 * 1024 * 1024  # above 8 MiB gcloud uploads resumably


@pytest.fixture
def run(base_url: str, tmp_path: Path) -> Run:
    require_gcloud()
    variables = gcloud_environment(base_url, tmp_path / "config")

    def call(*words: str) -> tuple[int, str, str]:
        done = gcloud(variables, "storage", *words)
        return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode()

    return call


def test_a_file_goes_up_once_and_keeps_what_was_said_of_it(run: Run, client: storage.Client, tmp_path: Path) -> None:
    file, url = tmp_path / "cat.txt", f"gs://{BUCKET}/a/cät.txt"
    file.write_bytes(b"ends with a carriage return\r")
    up = ("cp", str(file), url, "--if-generation-match=0", "--cache-control=no-store", "--content-type=text/x")
    assert run(*up)[0] == 0
    status, _, said = run(*up)
    assert status == 1
    assert "HTTPError 412: At least one of the pre-conditions you specified did not hold." in said
    blob = client.bucket(BUCKET).get_blob("a/cät.txt")
    assert blob is not None
    assert (blob.download_as_bytes(), blob.cache_control) == (b"ends with a carriage return\r", "no-store")
    assert blob.content_type == "text/x"


def test_an_object_is_described_shown_listed_and_removed(run: Run, client: storage.Client) -> None:
    url = f"gs://{BUCKET}/a/cät.txt"
    blob = client.bucket(BUCKET).blob("a/cät.txt")
    blob.cache_control = "no-store"
    blob.upload_from_string(b"ends with a carriage return\r")
    described = json.loads(run("objects", "describe", url, "--format=json")[1])
    assert (described["name"], described["size"], described["cache_control"]) == ("a/cät.txt", 28, "no-store")
    assert run("cat", url)[1] == "ends with a carriage return\r"
    assert run("ls", f"gs://{BUCKET}/a/")[1].split() == [url]
    assert run("rm", url)[0] == 0
    status, _, said = run("ls", url)
    assert (status, "matched no objects" in said) == (1, True)


def test_a_big_file_goes_up_resumably_and_comes_back_the_same(run: Run, tmp_path: Path) -> None:
    file, back = tmp_path / "big.bin", tmp_path / "back.bin"
    file.write_bytes(os.urandom(BIG))
    assert run("cp", str(file), f"gs://{BUCKET}/big.bin")[0] == 0
    assert run("mv", f"gs://{BUCKET}/big.bin", f"gs://{BUCKET}/moved.bin")[0] == 0
    assert run("cp", f"gs://{BUCKET}/moved.bin", str(back))[0] == 0  # gcloud itself compares the checksums
    assert back.read_bytes() == file.read_bytes()


def test_a_bucket_goes_with_all_that_is_in_it(run: Run, client: storage.Client) -> None:
    bucket = client.create_bucket("made-here")
    bucket.blob("a/x").upload_from_string(b"x")
    assert run("rm", "--recursive", "gs://made-here")[0] == 0
    assert client.lookup_bucket("made-here") is None
