"""The steps in forms other than the first: a host of one step alone, and a drawing that a task asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from nacl.public import PrivateKey

from local.auth import CERTS_PATH, TokenIssuer
from steps import app
from tests.asgi import serving_asgi
from tests.servers import serving
from tests.steps.service import ACCOUNT, AUDIENCE, PICTURE, QUEUES, Neighbours, a_config, request_body

ID = "77"  # of request_body
TASK = {"X-CloudTasks-TaskName": ID, "X-CloudTasks-TaskRetryCount": "0"}


@pytest.fixture
def neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("steps.certificates.FETCH_WITHIN_S", 60)  # a busy machine takes its time
    Neighbours.issuer = TokenIssuer(tmp_path / "issuer.pem")
    Neighbours.forget()
    with serving(Neighbours) as url:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", url)
        yield url


def call(url: str, path: str, body: Any, **headers: str) -> requests.Response:
    token = Neighbours.issuer.id_token(AUDIENCE, ACCOUNT, datetime.now(UTC))
    given = {"Authorization": f"Bearer {token}", "X-Dedup-Key": ID, **headers}
    return requests.post(f"{url}{path}", json=body, headers=given, timeout=20)


@pytest.mark.parametrize(
    ("only", "served"),
    [
        (None, {"/generate-image", "/reply-discord"}),
        ("/generate-image", {"/generate-image"}),
        ("/reply-discord", {"/reply-discord"}),
    ],
)
def test_a_host_of_one_step_does_not_serve_the_other(neighbours: str, only: str | None, served: set[str]) -> None:
    with serving_asgi(app.create_app(a_config(neighbours + CERTS_PATH), only)) as url:
        statuses = {path: call(url, path, {}).status_code for path in ("/generate-image", "/reply-discord")}
        assert requests.get(f"{url}/health", timeout=20).status_code == 200
    assert statuses == {path: 400 if path in served else 404 for path in statuses}


@pytest.mark.parametrize("is_task", [True, False])
@pytest.mark.parametrize("has_workflow", [True, False])
def test_a_drawing_hands_its_picture_to_the_reply_queue_where_a_task_asks_and_no_workflow_does(
    neighbours: str, *, has_workflow: bool, is_task: bool
) -> None:
    request = request_body(PrivateKey.generate(), datetime.now(UTC))
    config = a_config(neighbours + CERTS_PATH, has_workflow=has_workflow, tasks_endpoint=neighbours)
    with serving_asgi(app.create_app(config)) as url:
        answer = call(url, "/generate-image", request, **TASK if is_task else {})
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == set(PICTURE)
    put = [call for call in Neighbours.calls if call == f"POST /v2/{QUEUES}/reply-discord-queue/tasks"]
    assert len(put) == (is_task and not has_workflow)
