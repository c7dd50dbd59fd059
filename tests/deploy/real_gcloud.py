"""The real gcloud, sent to a server of this machine instead of to Google."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

SERVICES = (
    "APPENGINE",
    "ARTIFACTREGISTRY",
    "CLOUDBUILD",
    "CLOUDFUNCTIONS",
    "CLOUDRESOURCEMANAGER",
    "CLOUDTASKS",
    "IAM",
    "RUN",
    "SECRETMANAGER",
    "SERVICEUSAGE",
    "WORKFLOWEXECUTIONS",
    "WORKFLOWS",
)


def environment(base_url: str, config: Path) -> dict[str, str]:
    """What to set so that gcloud talks to base_url; config is a folder for its own files."""
    overrides = {f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{service}": f"{base_url}/" for service in SERVICES}
    return {
        **overrides,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{base_url}/storage/v1/",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CONFIG": str(config),
        "CLOUDSDK_CORE_PROJECT": "demo",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }


def require_gcloud() -> None:
    """Skips the test where there is no gcloud; in CI that is a failure."""
    if shutil.which("gcloud") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gcloud is not installed, and CI must have it")
        pytest.skip("gcloud is not installed")


def gcloud(variables: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["gcloud", *words], env={**os.environ, **variables}, capture_output=True, timeout=60, check=False
    )
