"""`mando up`: the local cloud and the page on PORT, the ingress on PORT+1, the steps on PORT+2, gRPC on PORT+3."""

import argparse
import asyncio
import contextlib
import fcntl
import gc
import json
import os
import secrets
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import nacl.exceptions
import yaml
from nacl.public import PrivateKey

from cli.keys import encode, read_private_key, write_private_key
from local import auth
from local.api_error import ApiError
from local.children import Child, ChildFailed, Program
from local.discord.errors import DiscordError
from local.disk import CannotKeep, UnusableFile, unusable_key
from local.live_files import BrokenFile, LiveFile, watch
from local.server import BUCKET, HOST, PROJECT, QUEUE, WORKFLOW, LocalCloud, account
from local.tasks.queue_yaml import QueueYamlError
from service.log import write_json_lines

ROOT = Path(__file__).parent.parent
_STEPS_AUDIENCE = "mando-steps"


class CannotStart(Exception):
    """Raised when something outside is in the way; the message is one line for the terminal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8080, help="the first of four ports (default: 8080)")
    parser.add_argument(
        "--data",
        dest="data_dir",
        type=Path,
        default=ROOT / ".mando",
        metavar="DIR",
        help="where it keeps everything (default: .mando); MANDO_DATA_DIR in the environment",
    )


def run(arguments: argparse.Namespace) -> int:
    write_json_lines(sys.stderr)
    try:
        with _locked(arguments.data_dir):
            asyncio.run(_up(arguments.port, arguments.data_dir))
    except (CannotStart, CannotKeep, ChildFailed, UnusableFile) as error:
        sys.stderr.write(f"mando up: {error}\n")
        return 2
    return 0


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[None]:
    """One process at a time owns the data, and only its user reads it: Discord's messages and tokens lie there."""
    os.umask(0o077)  # the programs that we start inherit it
    try:
        data.mkdir(parents=True, exist_ok=True)
        if (data / "lock").exists() or not any(data.iterdir()):  # a folder that holds other things stays as it is
            data.chmod(0o700)
        lock = (data / "lock").open("w")
    except OSError as error:
        raise CannotStart(f"cannot keep data in {data}: {error.strerror}; choose another folder with --data") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(f"{data} is in use by another `mando up`; choose another folder with --data") from None
        yield


async def _up(port: int, data: Path) -> None:
    for each in range(port, port + 4):
        _ensure_free(each)
    stopped = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
    async with contextlib.AsyncExitStack() as stack:
        bot_token = secrets.token_urlsafe(32)
        cloud = await stack.enter_async_context(LocalCloud(data, port, f"http://{HOST}:{port + 1}", bot_token))
        key = _seal_key(data)
        children = await _start(stack, [_ingress(cloud, key, data, port), _steps(key, bot_token, data, port)])
        await _begin(cloud, port)
        gc.collect()
        gc.freeze()  # a full collection would look at all that was imported each time, and take 60 ms
        watching = asyncio.create_task(watch(cloud.files, _say))
        stack.callback(watching.cancel)
        print(f"local cloud and page on {port}, ingress on {port + 1}, steps on {port + 2}, gRPC on {port + 3}")
        print(f"data and logs in {data}")
        print(f"ready http://{HOST}:{port}", flush=True)
        await _until_stopped(stopped, children)


async def _begin(cloud: LocalCloud, port: int) -> None:
    """What a deployment would do: the workflow, the queue, the command.  Raises CannotStart where a file is wrong."""
    commands = ROOT / "deploy" / "command.json"
    try:
        for file in (_workflow_file(cloud, port), _queue_file(cloud)):
            file.load()
            cloud.files.append(file)
    except BrokenFile as error:
        raise CannotStart(str(error)) from None
    try:
        await cloud.begin([json.loads(commands.read_bytes())])
    except OSError as error:
        raise CannotStart(f"cannot read {commands}: {error.strerror}") from None
    except (DiscordError, ValueError) as error:
        raise CannotStart(f"{commands} is no command that Discord would take: {error}") from None


def _workflow_file(cloud: LocalCloud, port: int) -> LiveFile:
    env = {"STEPS_URL": f"http://{HOST}:{port + 2}", "STEPS_AUDIENCE": _STEPS_AUDIENCE}

    def deploy(text: str) -> str:
        try:
            revision = cloud.deploy(text, env)
        except ApiError as error:
            raise BrokenFile(str(error).replace("main.yaml:", "workflows/mando.yaml:")) from None
        return f"workflows/mando.yaml: revision {revision.revision_id}"

    return LiveFile(ROOT / "workflows" / "mando.yaml", deploy)


def _queue_file(cloud: LocalCloud) -> LiveFile:
    def configure(text: str) -> str:
        try:
            queues = cloud.apply_queue_yaml(text)
        except QueueYamlError as error:
            raise BrokenFile(str(error)) from None
        rates = (f"{one.name.rpartition('/')[2]} {one.rate.max_dispatches_per_s:g}/s" for one in queues)
        return f"queue.yaml: {', '.join(rates)}"

    return LiveFile(ROOT / "queue.yaml", configure)


def _say(words: str) -> None:
    print(words, flush=True)


async def _start(stack: contextlib.AsyncExitStack, programs: list[Program]) -> list[Child]:
    """Start all at once; those that started are stopped by the stack, also when another did not."""
    starts = await asyncio.gather(*(Child.start(program) for program in programs), return_exceptions=True)
    children = [start for start in starts if isinstance(start, Child)]
    for child in children:
        stack.push_async_callback(child.stop)
    for start in starts:
        if isinstance(start, BaseException):
            raise start
    return children


async def _until_stopped(stopped: asyncio.Event, children: list[Child]) -> None:
    """Returns when somebody asks us to stop; raises ChildFailed when a program ends by itself."""
    waits = [asyncio.create_task(stopped.wait()), *(asyncio.create_task(child.ended()) for child in children)]
    try:
        done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        done.pop().result()
    finally:
        for wait in waits:
            wait.cancel()


def _ensure_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            raise CannotStart(f"port {port} is in use; end what uses it, or choose four others with --port") from None


def _ingress(cloud: LocalCloud, key: PrivateKey, data: Path, port: int) -> Program:
    """The Cloud Run function, under functions-framework as there."""
    url = f"http://{HOST}:{port + 1}"
    return Program(
        name="ingress",
        command=[_installed("functions-framework"), "--target=handle_request", f"--host={HOST}", f"--port={port + 1}"],
        environment={
            "DISCORD_PUBLIC_KEY": cloud.discord.public_key_hex,
            "SEAL_PUBLIC_KEY": encode(bytes(key.public_key)),
            "QUEUE": QUEUE,
            "WORKFLOW": WORKFLOW,
            "TASK_SERVICE_ACCOUNT": account("mando-tasks"),
            "CLOUD_TASKS_ENDPOINT": f"http://{HOST}:{port}",
        },
        folder=ROOT,
        health_url=url,
        log_path=data / "ingress.log",
    )


def _steps(key: PrivateKey, bot_token: str, data: Path, port: int) -> Program:
    """The App Engine service, started by the entrypoint that app.yaml names."""
    command, *arguments = shlex.split(yaml.safe_load((ROOT / "app.yaml").read_text())["entrypoint"])
    return Program(
        name="steps",
        command=[_installed(command), *arguments],
        environment={
            "GUNICORN_CMD_ARGS": f"--bind={HOST}:{port + 2}",
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "BUCKET": BUCKET,
            "AUDIENCE": _STEPS_AUDIENCE,
            "WORKFLOW_SERVICE_ACCOUNT": account("mando-workflow"),
            "SEAL_PRIVATE_KEY": encode(bytes(key)),
            "DISCORD_BOT_TOKEN": bot_token,
            "DISCORD_API": f"http://{HOST}:{port}/api/v10",
            "OIDC_CERTS_URL": f"http://{HOST}:{port}{auth.CERTS_PATH}",
            "STORAGE_EMULATOR_HOST": f"http://{HOST}:{port}",
        },
        folder=ROOT,
        health_url=f"http://{HOST}:{port + 2}/health",
        log_path=data / "steps.log",
    )


def _seal_key(data: Path) -> PrivateKey:
    """The key pair of this machine, made when it is first asked for.  Raises UnusableFile."""
    path = data / "seal.key"
    try:
        if not os.path.lexists(path):  # written aside, for a process that is killed leaves no half a key
            draft = data / "seal.key.new"
            draft.unlink(missing_ok=True)
            write_private_key(draft, PrivateKey.generate())
            draft.rename(path)
        return read_private_key(path)
    except (OSError, ValueError, nacl.exceptions.CryptoError) as error:
        raise unusable_key(path, "a key in base64 (32 bytes)", error) from None


def _installed(program: str) -> str:
    return str(Path(sys.executable).parent / program)
