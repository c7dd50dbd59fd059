import re
from collections.abc import Iterator

import pytest

from steps.bucket import PictureBucket
from tests.steps.process import Process
from tests.steps.scripted import Scripted, bucket_at, scripted
from tests.steps.service import Neighbours, Steps, serving_steps


@pytest.fixture(scope="session")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Steps]:
    with serving_steps(tmp_path_factory.mktemp("steps")) as running:
        yield running


@pytest.fixture
def quiet(steps: Steps) -> Iterator[None]:
    """Checks after the test that the log has no traceback, no CRITICAL entry and no secret."""
    Neighbours.forget()
    begin = steps.log.stat().st_size
    yield
    said = steps.log.read_text()[begin:]
    assert "Traceback" not in said
    assert "CRITICAL" not in said
    assert not [secret for secret in steps.secrets if secret in said]
    assert not re.search(r"eyJ[\w-]+\.eyJ", said)  # a JWT


@pytest.fixture(scope="session")
def server() -> Iterator[Scripted]:
    with scripted() as server:
        yield server


@pytest.fixture
def pictures(script: Scripted, monkeypatch: pytest.MonkeyPatch) -> Iterator[PictureBucket]:
    with bucket_at(script.url, monkeypatch) as pictures:
        yield pictures


@pytest.fixture
def script(server: Scripted) -> Scripted:
    """The scripted server, reset."""
    server.reset()
    return server


@pytest.fixture
def process(script: Scripted) -> Process:
    return Process(script)
