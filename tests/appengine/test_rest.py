"""What gcloud asks before it deploys queue.yaml is answered as for a project that has all that it needs."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.project import PROJECT
from local.server import LocalCloud
from tests.system.up import four_free_ports


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[str]:
    port = four_free_ports()
    async with LocalCloud(tmp_path, port, "http://127.0.0.1:1"):
        yield f"http://127.0.0.1:{port}"


async def got(url: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.json()


async def test_every_project_has_an_app_that_serves_where_our_queues_are(cloud: str) -> None:
    status, app = await got(f"{cloud}/v1/apps/{PROJECT}")
    assert status == 200
    assert (app["name"], app["id"], app["servingStatus"]) == (f"apps/{PROJECT}", PROJECT, "SERVING")
    # Source: App Engine, "Locations": the location of us-central1 is called us-central there.
    assert app["locationId"] == "us-central"
    # Source: gcloud 528, which would repair an app without a codeBucket first.
    assert app["codeBucket"] == f"staging.{PROJECT}.appspot.com"
    assert app["defaultHostname"] == f"{PROJECT}.uc.r.appspot.com"


@pytest.mark.parametrize("project", [PROJECT, "42"])
async def test_a_service_of_google_is_enabled_in_every_project(cloud: str, project: str) -> None:
    status, service = await got(f"{cloud}/v1/projects/{project}/services/cloudtasks.googleapis.com")
    assert (status, service["state"]) == (200, "ENABLED")
    assert service["name"] == f"projects/{project}/services/cloudtasks.googleapis.com"
    assert (service["parent"], service["config"]["name"]) == (f"projects/{project}", "cloudtasks.googleapis.com")


async def test_what_is_no_service_of_google_is_not_found(cloud: str) -> None:
    status, said = await got(f"{cloud}/v1/projects/{PROJECT}/services/cloudtasks.example.com")
    assert status == 404
    assert said["error"]["status"] == "NOT_FOUND"
    assert "cloudtasks.example.com" in said["error"]["message"]
