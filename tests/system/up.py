"""A running `mando up`, with its own data and free ports, for the tests of the whole."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.servers import ROOT, wait_until


@dataclass(frozen=True)
class Up:
    """base is http://127.0.0.1:PORT; output is what it has printed so far."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    printed: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        return self.printed.read_text()

    def mando(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return mando(*arguments, "--port", str(self.port))

    def send(self, *arguments: str) -> list[dict[str, object]]:
        """The outcomes that `mando send` prints, without its summary."""
        sent = self.mando("send", *arguments)
        lines = [json.loads(line) for line in sent.stdout.splitlines() if line.startswith("{")]
        return [line for line in lines if "id" in line]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=20)


def mando(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextlib.contextmanager
def mando_up(data: Path, root: Path = ROOT, port: int | None = None) -> Iterator[Up]:
    """`mando up` of the sources in root, from "ready" until the block ends."""
    port = port or three_free_ports()
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "output"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "up", "--port", str(port), "--data", str(data)],
                cwd=root,
                env={**os.environ, "PYTHONPATH": str(root)},
                stdout=output,
                stderr=output,
            )
        up = Up(process, port, data, printed)
        try:
            wait_until(lambda: process.poll() is not None or "ready http" in up.output(), "mando up is ready", 60)
            assert process.poll() is None, up.output()
            yield up
        finally:
            if process.poll() is None:
                up.stop()


def three_free_ports() -> int:
    """The first of three free ports in a row."""
    for first in range(20000 + os.getpid() % 10000, 60000, 3):
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in (first, first + 1, first + 2):
                probe = probes.enter_context(socket.socket())
                probe.bind(("127.0.0.1", port))
            return first
    raise AssertionError("no three free ports in a row")


def copy_of_sources(folder: Path) -> Path:
    """What git would clone, with what is not committed yet, so that a test can edit it."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, target = ROOT / name, folder / name
        if source.is_file() and not name.startswith("tests/"):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return folder
