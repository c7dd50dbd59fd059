"""The real gcloud, sent to a server of this machine instead of to Google."""

import atexit
import functools
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest


def require_gcloud() -> None:
    """Skips the test where there is no gcloud; in CI that is a failure."""
    if shutil.which("gcloud") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gcloud is not installed, and CI must have it")
        pytest.skip("gcloud is not installed")
    _load()


def gcloud(variables: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["gcloud", *words], env={**os.environ, **variables}, capture_output=True, timeout=60, check=False
    )


@functools.cache
def _load() -> None:
    """From here on whoever calls gcloud calls one that has its modules loaded: tests/gcloud_loaded.py."""
    here = Path(__file__).parent
    folder = tempfile.mkdtemp(prefix="gcloud-")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(f"{folder}/calls")
        listening.listen()
        # Nothing of the user's settings is read while it loads.
        variables = {"CLOUDSDK_CONFIG": folder, "CLOUDSDK_PYTHON_ARGS": f"-S {here / 'gcloud_loaded.py'}"}
        loaded = subprocess.Popen(["gcloud"], stdin=listening.fileno(), env={**os.environ, **variables})
    command = shlex.join([sys.executable, "-IS", str(here / "gcloud_call.py"), f"{folder}/calls"])
    program = Path(folder, "gcloud")
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"

    @atexit.register
    def end() -> None:
        loaded.kill()
        loaded.wait()
        shutil.rmtree(folder)
