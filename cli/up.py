"""`mando up`: run the local cloud and its page on PORT, the ingress on PORT+1, the steps on PORT+2, gRPC on PORT+3.

A function for the reply is on PORT+4.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import secrets
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import nacl.exceptions
from nacl.public import PrivateKey

from cli import options
from cli.discord_commands import FILES, read_commands
from cli.errors import CannotStart
from cli.form import form_of, form_options
from cli.incidents import incidents
from cli.keys import read_private_key, write_private_key
from local.children import Child, ChildFailed, Program
from local.data.disk import DiskUnavailable, UnusableFile, unusable_key
from local.deployed import deploy_files
from local.discord.errors import DiscordError
from local.form import Form
from local.live_files import BrokenFile, watch
from local.programs import programs, reply_settings
from local.project import HOST, ROOT, Ports, url
from local.server import LocalCloud
from local.workflows.limits import raise_recursion_limit
from service.garbage import visit_seldom
from service.log import write_json_lines
from tuning.editor.editor import Editor


@click.command()
@options.port("up", "the first of four ports, or of five with a function for the reply", ports=5)
@options.option(
    "--data",
    type=click.Path(path_type=Path),
    default=ROOT / ".mando",
    show_default=".mando",
    metavar="DIR",
    help="the folder of all its data",
)
@form_options
def command(port: int, data: Path, **given: Any) -> None:
    """Ctrl-C stops all of it."""
    form = form_of(**given)
    raise_recursion_limit()
    write_json_lines(sys.stderr)
    try:
        with _locked(data):
            asyncio.run(_up(Ports(port), data, form))
    except (DiskUnavailable, ChildFailed, UnusableFile) as error:
        raise CannotStart(str(error)) from None


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Lock the folder for this process, and close it to other users: it holds Discord's messages and tokens."""
    os.umask(0o077)  # child processes inherit it
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not any(data.iterdir()):  # the mode of a folder with other files stays, at each start
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


async def _up(ports: Ports, data: Path, form: Form) -> None:
    for port in (*ports.all(), *([ports.reply] if form.reply_is_function else [])):
        _ensure_free(port)
    stopped = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(signal_number, stopped.set)
    async with contextlib.AsyncExitStack() as stack:
        bot_token = secrets.token_urlsafe(32)
        cloud = LocalCloud(data, ports.cloud, url(ports.ingress), bot_token, form, incidents())
        editor = Editor(ROOT, cloud.files)
        cloud.more_routes.extend(editor.routes())
        await stack.enter_async_context(cloud)
        stack.push_async_callback(editor.stop)
        key = cloud.discord.public_key_hex
        seal_key = _ensure_seal_key(data)
        commands = _deploy(cloud, ports)
        children = await _start(stack, programs(ports, data, seal_key, key, bot_token, cloud.app_engine, form))
        await _begin(cloud, commands)
        visit_seldom()
        watching = asyncio.create_task(watch(cloud.files, _print_now))
        stack.callback(watching.cancel)
        cloud_port, ingress, steps, grpc = ports.all()
        print(f"local cloud and page on {cloud_port}, ingress on {ingress}, steps on {steps}, gRPC on {grpc}")
        if form.reply_is_function:
            print(f"the function that replies on {ports.reply}")
        elif form.is_reply_elsewhere:
            path = _write_reply_settings(data, reply_settings(ports, seal_key, bot_token, form))
            print(f"replies by {form.reply}; the settings that it needs are in {path}")
        print(f"data and logs in {data}")
        print(f"ready {url(ports.cloud)}", flush=True)
        await _wait_until_stopped(stopped, children)


def _deploy(cloud: LocalCloud, ports: Ports) -> object:
    """Deploy the workflows and the queues; return the commands.  Raises CannotStart if a file is wrong."""
    try:
        cloud.files.extend(deploy_files(cloud))
    except BrokenFile as error:
        raise CannotStart(str(error)) from None
    try:
        return read_commands()
    except OSError as error:
        raise CannotStart(f"cannot read {error.filename}: {error.strerror}") from None
    except ValueError as error:
        raise _no_command(error) from None


async def _begin(cloud: LocalCloud, commands: object) -> None:
    """Raises CannotStart if Discord takes no such command."""
    try:
        await cloud.begin(commands)
    except (DiscordError, ValueError) as error:
        raise _no_command(error) from None


def _no_command(error: Exception) -> CannotStart:
    return CannotStart(f"{' or '.join(map(str, FILES))} is no command that Discord would take: {error}")


def _print_now(words: str) -> None:
    print(words, flush=True)


async def _start(stack: contextlib.AsyncExitStack, programs: list[Program]) -> list[Child]:
    """Start all at the same time.  The stack stops those that started, also if another one did not."""
    starts = await asyncio.gather(*(Child.start(program) for program in programs), return_exceptions=True)
    children = [start for start in starts if isinstance(start, Child)]
    for child in children:
        stack.push_async_callback(child.stop)
    for start in starts:
        if isinstance(start, BaseException):
            raise start
    return children


async def _wait_until_stopped(stopped: asyncio.Event, children: list[Child]) -> None:
    """Return when `stopped` is set.  Raises ChildFailed when a child process ends by itself."""
    waits = [asyncio.create_task(stopped.wait()), *(asyncio.create_task(child.watch()) for child in children)]
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
        except OSError as error:
            problem = "in use; end what uses it" if error.errno == errno.EADDRINUSE else f"not free: {error.strerror}"
            raise CannotStart(f"port {port} is {problem}, or choose others with --port") from None


def _write_reply_settings(data: Path, settings: Mapping[str, str]) -> Path:
    """A file for a shell or a container: NAME=VALUE.  Raises CannotStart."""
    path = data / "reply.env"
    text = "".join(f"{name}={value}\n" for name, value in {**settings, "DELIVERY": "link"}.items())
    try:
        path.write_text(text)
    except OSError as error:
        raise CannotStart(f"cannot write {path}: {error.strerror}") from None
    return path


def _ensure_seal_key(data: Path) -> PrivateKey:
    """The key pair in the data folder; it is made if it is missing.  Raises UnusableFile."""
    path = data / "seal.key"
    try:
        if not os.path.lexists(path):  # renamed when complete: a killed process leaves no partial key
            draft = data / "seal.key.new"
            draft.unlink(missing_ok=True)
            write_private_key(draft, PrivateKey.generate())
            draft.rename(path)
        return read_private_key(path)
    except (OSError, ValueError, nacl.exceptions.CryptoError) as error:
        raise unusable_key(path, "a key in base64 (32 bytes)", error) from None
