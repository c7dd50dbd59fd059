"""The real gcloud, sent to a server of this machine instead of to Google."""

import os
import shutil
import subprocess
from collections.abc import Mapping

import pytest


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
