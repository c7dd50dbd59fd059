"""`mando up` as a program: it starts, says what is in its way, and leaves nothing behind."""

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.servers import wait_until
from tests.system.up import children_of, four_free_ports, mando, mando_up


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_no_process_and_no_open_port_is_left(tmp_path: Path, sign: signal.Signals) -> None:
    with mando_up(tmp_path) as up:
        family = children_of(up.process.pid)
        assert len(family) >= 4  # two masters, each with a worker at least
        up.process.send_signal(sign)
        code = up.process.wait(timeout=20)
        assert code == (-signal.SIGKILL if sign == signal.SIGKILL else 0), up.output()
        wait_until(lambda: all(is_gone(pid) for pid in family), "every process is gone")
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


def test_two_of_them_do_not_share_data(tmp_path: Path) -> None:
    with mando_up(tmp_path):
        ended = mando("up", "--port", str(four_free_ports()), "--data", str(tmp_path))
    assert ended.returncode == 2
    assert f"{tmp_path} is in use" in ended.stderr


def test_what_was_drawn_is_there_after_a_restart(tmp_path: Path) -> None:
    with mando_up(tmp_path) as up:
        sent = up.interact()
        before = (up.ended(sent["id"]), up.objects(), up.reply(sent)["embeds"][0]["title"])
    with mando_up(tmp_path) as up:
        assert (up.ended(sent["id"]), up.objects(), up.reply(sent)["embeds"][0]["title"]) == before
