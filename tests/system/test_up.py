"""`mando up` as a program: it starts, says what is in its way, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.command import mando
from tests.servers import BIN, wait_until
from tests.system.up import Up, children_of, four_free_ports, mando_up

IMPATIENT = """
import asyncio

class Impatient(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        loop = super().new_event_loop()
        loop.slow_callback_duration = 0.002
        return loop

asyncio.set_event_loop_policy(Impatient())
"""

# An execution, the generations of all objects, and the title of a reply.
Shown = tuple[dict[str, Any], dict[str, str], str]


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


class Kept(NamedTuple):
    data: Path
    open_to_others: list[Path]  # while it ran
    sent: dict[str, Any]
    shown: Shown


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What is left of one that drew a picture and has ended."""
    data = tmp_path_factory.mktemp("kept") / "data"
    data.mkdir(mode=0o755)
    with mando_up(data) as up:
        sent = up.interact()
        shown = _shown(up, sent)
        files = [data, *data.rglob("*")]
        assert len(files) > 8
        return Kept(data, [path for path in files if path.stat().st_mode & 0o077], sent, shown)


def _shown(up: Up, sent: dict[str, Any]) -> Shown:
    return up.ended(sent["id"]), up.objects(), up.reply(sent)["embeds"][0]["title"]


def test_nobody_else_on_the_machine_reads_what_it_keeps(kept: Kept) -> None:
    assert not kept.open_to_others


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_no_process_and_no_open_port_is_left_and_what_was_drawn_is_there_after_a_restart(
    kept: Kept, sign: signal.Signals
) -> None:
    with mando_up(kept.data) as up:
        assert _shown(up, kept.sent) == kept.shown
        family = children_of(up.process.pid)
        assert len(family) >= 4  # two masters, each with a worker at least
        up.process.send_signal(sign)
        code = up.process.wait(timeout=60)
        assert code == (-signal.SIGKILL if sign == signal.SIGKILL else 0), up.output()
        wait_until(lambda: all(is_gone(pid) for pid in family), "every process is gone", 60)
        for port in range(up.port, up.port + 4):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0
        assert "Traceback" not in up.output()


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_a_port_in_use_is_named(tmp_path: Path, offset: int) -> None:
    first = four_free_ports()
    with socket.create_server(("127.0.0.1", first + offset)):
        ended = mando("up", "--port", str(first), "--data", str(tmp_path))
    assert ended.returncode == 2
    assert f"port {first + offset} is in use" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs, with its data in a folder that holds other things.

    asyncio warns of what holds up its loop, where it is told to: here of all that takes 2 ms, as the start does.
    """
    folder, impatient = tmp_path_factory.mktemp("shared"), tmp_path_factory.mktemp("impatient")
    folder.chmod(0o755)
    (folder / "mine.txt").write_text("mine")
    (impatient / "sitecustomize.py").write_text(IMPATIENT)
    with mando_up(folder, prefix=["env", "PYTHONASYNCIODEBUG=1", f"PYTHONPATH={impatient}"]) as up:
        yield up


def test_a_folder_that_holds_other_things_keeps_its_mode(shared: Up) -> None:
    assert shared.data.stat().st_mode & 0o777 == 0o755
    assert (shared.data / "workflows.sqlite").stat().st_mode & 0o077 == 0


def test_two_of_them_do_not_share_data(shared: Up) -> None:
    ended = mando("up", "--port", str(four_free_ports()), "--data", str(shared.data))
    assert ended.returncode == 2
    assert f"{shared.data} is in use" in ended.stderr


def test_what_the_local_cloud_logs_are_entries_as_the_programs_write_them(shared: Up) -> None:
    words = ("local cloud and page", "data and logs", "ready http")
    logged = [json.loads(line) for line in shared.output().splitlines() if not line.startswith(words)]
    assert "WARNING" in {entry["severity"] for entry in logged}
    assert all(entry["message"] for entry in logged)


@pytest.mark.parametrize("after_s", [0.05, 0.1, 0.2, 0.3, 0.6])
def test_ctrl_c_while_it_starts_ends_it_without_a_traceback(tmp_path: Path, after_s: float) -> None:
    command = [str(BIN / "mando"), "up", "--port", str(four_free_ports()), "--data", str(tmp_path)]
    # Coverage starts in a .pth file, and Python goes on after any error there, Ctrl-C too.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=after_s)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert "cli/" not in said  # before that, Python itself is starting and has its own words
    assert process.returncode != 2
