"""One server for the tests of a module that change nothing which another could see."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.cloud import storage

from tests.storage.serving import client_of, serving_bucket


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root: Path = tmp_path_factory.mktemp("bucket")
    with serving_bucket(root) as url:
        yield url


@pytest.fixture
def client(base_url: str) -> Iterator[storage.Client]:
    with client_of(base_url) as connected:
        yield connected
