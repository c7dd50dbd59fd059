"""A running `mando up`, with its own data and free ports, for the tests of the whole."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import requests

from tests.servers import ROOT, free_port, wait_until

PLACE = "projects/demo/locations/us-central1"


@dataclass(frozen=True)
class Up:
    """base is http://127.0.0.1:PORT; printed is the file with what it has printed so far."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    printed: Path

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def output(self) -> str:
        return self.printed.read_text()

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.base}/{path}", timeout=30)
        answer.raise_for_status()
        return answer.json()

    def interact(self, deliveries: int = 1, user_id: str | None = None, **options: str | int) -> dict[str, Any]:
        """A member types /mando; returns the ingress's acknowledgement.  Without user_id it is a new member."""
        types = {str: 3, int: 4}
        given = [{"name": name, "type": types[type(value)], "value": value} for name, value in options.items()]
        member = user_id or str(random.randrange(10**16, 10**17))
        body = {"data": {"name": "mando", "options": given}, "deliveries": deliveries, "user_id": member}
        answer = requests.post(f"{self.base}/api/v10/interactions", json=body, timeout=30)
        answer.raise_for_status()
        acknowledged: dict[str, Any] = answer.json()
        return acknowledged

    def executions(self, interaction_id: str) -> list[dict[str, Any]]:
        listed = self.get(f"v1/{PLACE}/workflows/mando/executions?view=FULL").get("executions", [])
        return [one for one in listed if json.loads(one["argument"])["interaction_id"] == interaction_id]

    def ended(self, interaction_id: str) -> dict[str, Any]:
        """The one execution of an interaction, when it has ended."""

        def find() -> dict[str, Any] | None:
            found = self.executions(interaction_id)
            assert len(found) <= 1
            return found[0] if found and found[0]["state"] != "ACTIVE" else None

        ended = wait_until(find, f"the execution for {interaction_id} ends", 60)
        assert ended is not None
        return ended

    def reply(self, acknowledged: dict[str, Any]) -> dict[str, Any]:
        """The one message that answers the interaction, as the channel shows it."""
        (message,) = self.get(f"api/client/interactions/{acknowledged['id']}")["messages"]
        shown: dict[str, Any] = message
        return shown

    def objects(self) -> dict[str, str]:
        """The generation of every picture, by its name."""
        listed = self.get("storage/v1/b/demo-mandalas/o")
        return {item["name"]: item["generation"] for item in listed.get("items", [])}

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


def mando_of(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command of the sources in root, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextlib.contextmanager
def mando_up(
    data: Path,
    root: Path = ROOT,
    prefix: Sequence[str] = (),
    port: int | None = None,
    options: Sequence[str] = (),
) -> Iterator[Up]:
    """`mando up` of the sources in root, from "ready" until the block ends; prefix is a command that runs it.

    port: that of an earlier one with the same data; a free one where none is given.
    """
    port = free_port(5) if port is None else _when_left(port)
    with tempfile.TemporaryDirectory() as folder:
        printed = Path(folder) / "output"
        with printed.open("wb") as output:
            process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "cli.main", "up", "--port", str(port), "--data", str(data), *options],
                cwd=root,
                env={**os.environ, "PYTHONPATH": str(root)},
                stdout=output,
                stderr=output,
            )
        up = Up(process, port, data, printed)
        try:
            wait_until(lambda: process.poll() is not None or "ready http" in up.output(), "mando up is ready", 90)
            assert process.poll() is None, up.output()
            yield up
        finally:
            try:
                if process.poll() is None:
                    up.stop()
            finally:
                process.kill()  # a process that does not end fails this test only
                process.wait()


def edited(root: Path, file: str, pattern: str, replacement: str) -> None:
    """Change the first text that fits the pattern."""
    text, count = re.subn(pattern, replacement, (root / file).read_text(), count=1)
    assert count == 1, f"{file} holds no {pattern}"
    (root / file).write_text(text)


def sources_with_short_waits(folder: Path, hiccup_wait_s: float = 0.1) -> Path:
    """A copy of ours in which an execution soon puts off what it cannot do, and no reply waits longer than a second."""
    root = copy_of_sources(folder)
    edited(root, "workflows/mando.yaml", r"hiccup_wait_s: \d+", f"hiccup_wait_s: {hiccup_wait_s}")
    edited(root, "workflows/mando.yaml", r"longest_wait_s: \d+", "longest_wait_s: 0.5")
    edited(root, "deploy/deployment.yaml", r"first_s: \d+", "first_s: 0.5")
    edited(root, "deploy/deployment.yaml", r"longest_s: \d+", "longest_s: 1")
    for name, value in (("min_backoff_seconds", "0.5"), ("max_backoff_seconds", "1")):
        edited(root, "queue.yaml", rf"(- name: reply-discord-queue[\s\S]*?{name}:) \d+", rf"\1 {value}")
    return root


def pause(up: Up, queue: str) -> None:
    _order(up, queue, "pause")


def resume(up: Up, queue: str) -> None:
    _order(up, queue, "resume")


def _order(up: Up, queue: str, verb: str) -> None:
    requests.post(f"{up.base}/v2/{PLACE}/queues/{queue}:{verb}", json={}, timeout=30).raise_for_status()


def the_task(up: Up, queue: str) -> dict[str, Any]:
    """The one task of the queue, whole."""
    (task,) = up.get(f"v2/{PLACE}/queues/{queue}/tasks?responseView=FULL")["tasks"]
    found: dict[str, Any] = task
    return found


def children_of(pid: int) -> list[int]:
    """The processes that it started, and those that they started."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()[1:]]
    direct = [child for child, parent in pairs if parent == pid]
    return direct + [grandchild for child in direct for grandchild in children_of(child)]


def four_free_ports() -> int:
    """The first of those that one `mando up` takes."""
    return free_port(4)


def _when_left(port: int) -> int:
    """The port, when nothing listens on it and the four behind it: children of a process that was killed end soon."""

    def is_left() -> bool:
        for one in range(port, port + 5):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", one)) == 0:
                    return False
        return True

    wait_until(is_left, f"the ports from {port} are left")
    return port


def copy_of_sources(folder: Path) -> Path:
    """The files that git knows and new ones, so that a test can edit them; with what Python has compiled of them."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if not name.startswith("tests/"):
            for each in (name, cache_from_source(name)) if name.endswith(".py") else (name,):
                _copied(ROOT / each, folder / each)
    return folder


def _copied(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
