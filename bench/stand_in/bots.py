"""The programs that answer Discord: mando's ingress and its peers (bench/peers/bots/), each with one worker.

functions-framework and Flask are served by gunicorn, mando by its uvicorn worker, all as the cloud starts them; hikari
by its own server on aiohttp; the bare ASGI application by uvicorn with uvloop, which nothing in Python outruns.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.peers.peer_venv import ROOT, cloud_python, peers_python
from bench.report.figure import OURS
from tests.ingress.function import DISCORD, environment
from tests.servers import free_port, running
from tests.system.up import children_of

_BOTS = ROOT / "bench" / "peers" / "bots"


@dataclass(frozen=True, slots=True)
class Queue:
    """The addresses of a running bench/stand_in/queue.py, without http://."""

    rest: str
    grpc: str


@dataclass(frozen=True, slots=True)
class Bot:
    """A program: its command, in which {port} stands for the port, and its environment."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]

    def command_at(self, port: int) -> list[str]:
        return [part.format(port=port) for part in self.command]

    def environment_at(self, port: int) -> dict[str, str]:
        return {**os.environ, **self.variables, "PORT": str(port)}


@dataclass(frozen=True, slots=True)
class RunningBot:
    port: int
    pids: Sequence[int]

    def cpu_s(self) -> float:
        """Of all threads of all its processes, but for those that ended.  Linux only.

        Source: Linux, "Scheduler Statistics": nanoseconds; /proc/PID/stat counts hundredths of a second.
        """
        threads = [one for pid in self.pids for one in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return sum(int(one.read_text().split()[0]) for one in threads) / 1e9


@contextlib.contextmanager
def a_queue() -> Iterator[Queue]:
    command = [sys.executable, "-m", "bench.stand_in.queue"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Queue(*(f"127.0.0.1:{port}" for port in json.loads(process.stdout.readline())))
    finally:
        process.terminate()
        process.communicate()


@contextlib.contextmanager
def running_bot(bot: Bot) -> Iterator[RunningBot]:
    port = free_port()
    with running(bot.command_at(port), bot.environment_at(port), f"http://127.0.0.1:{port}") as process:
        yield RunningBot(port, [process.pid, *children_of(process.pid)])


def ours(queue: Queue, source: str = "main.py", name: str = OURS) -> Bot:
    """The ingress as the cloud starts it.  Source: Google's buildpack for Python, functions-framework."""
    command = [str(cloud_python().with_name("functions-framework")), f"--source={source}", "--target=handle_request"]
    variables = {**environment(f"http://{queue.rest}"), "PYTHONPATH": str(ROOT)}
    return Bot(name, [*command, "--host=127.0.0.1", "--port={port}"], variables)


def peers(queue: Queue | None, suffix: str = "") -> list[Bot]:
    """Verify and acknowledge; with a queue they create a task for each command.  suffix: of their names."""
    python = str(peers_python())
    variables = {"PUBLIC_KEY": DISCORD.public_key_hex, **({"QUEUE_GRPC": queue.grpc} if queue else {})}
    # As many threads as functions-framework has.
    gunicorn = [python, "-m", "gunicorn", f"--chdir={_BOTS}", "--log-level=error"]
    gunicorn += [f"--threads={4 * (os.cpu_count() or 1)}"]
    commands = {
        "functions-framework + PyNaCl": [
            *(python, "-m", "functions_framework", f"--source={_BOTS / 'bare_function.py'}"),
            *("--target=answer", "--host=127.0.0.1", "--port={port}"),
        ],
        "discord-interactions": [*gunicorn, "--bind=127.0.0.1:{port}", "flask_decorator:app"],
        "Flask-Discord-Interactions": [*gunicorn, "--bind=127.0.0.1:{port}", "flask_commands:app"],
        "hikari": [python, str(_BOTS / "hikari_rest.py")],
        "bare ASGI + PyNaCl": [
            *(python, "-m", "uvicorn", f"--app-dir={_BOTS}", "--host=127.0.0.1", "--port={port}"),
            *("--log-level=warning", "--no-access-log", "bare_asgi:app"),
        ],
    }
    return [Bot(f"{name}{suffix}", command, variables) for name, command in commands.items()]
