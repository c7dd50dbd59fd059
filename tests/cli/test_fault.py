"""`mando fault` against a local cloud."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cli.commands import run
from cli.incidents import incidents
from local.server import LocalCloud
from tests.system.up import four_free_ports


class Fault:
    def __init__(self, cloud: LocalCloud, port: int, capsys: pytest.CaptureFixture[str]) -> None:
        self.cloud, self._port, self._capsys = cloud, port, capsys

    async def __call__(self, *arguments: str) -> list[str]:
        """The lines that it prints.  AssertionError unless it succeeds."""
        assert await asyncio.to_thread(run, ["fault", *arguments, "--port", str(self._port)]) == 0
        return self._capsys.readouterr().out.splitlines()

    async def refused(self, *arguments: str) -> str:
        assert await asyncio.to_thread(run, ["fault", *arguments, "--port", str(self._port)]) == 2
        return self._capsys.readouterr().err


@pytest.fixture
async def fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> AsyncIterator[Fault]:
    port = four_free_ports()
    async with LocalCloud(tmp_path, port, "http://127.0.0.1:1", incidents=incidents()) as cloud:
        yield Fault(cloud, port, capsys)
        await cloud.executions.stop()


async def test_a_fault_is_added_listed_and_cleared(fault: Fault) -> None:
    assert await fault("discord", "503", "--count", "4") == ["broken    discord 503, 4 more"]
    assert await fault("storage", "slow", "--after") == [
        "broken    discord 503, 4 more",
        "broken    storage slow after its work, until it is cleared",
    ]
    assert "scenario  flap: Discord comes and goes" in await fault("--list")
    assert await fault("--clear", "discord") == ["broken    storage slow after its work, until it is cleared"]
    assert await fault("--clear") == ["nothing is broken"]


async def test_a_scenario_is_played_for_as_long_as_was_said(fault: Fault) -> None:
    assert await fault("--scenario", "discord-down", "--for", "2m") == ["going on  discord-down: Discord is down"]
    (running,) = fault.cloud.faults.running
    assert round(running.ends_s - running.begun_s) == 120
    assert await fault("--clear", "--scenario", "discord-down") == ["nothing is broken"]


async def test_a_fault_with_a_length_says_so(fault: Fault) -> None:
    (line,) = await fault("discord", "503", "--for", "2m")
    assert line.startswith("broken    discord 503, for another ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a TARGET and a KIND, or say --scenario NAME, --list or --clear"),
        (("discord",), "name a TARGET and a KIND"),
        (("discord", "503", "--list"), "name a TARGET and a KIND"),
        (("moon", "503"), "target is one of queue, reply_queue"),
        (("--scenario", "moon"), "unknown scenario 'moon'; those that can be played: 429-storm"),
    ],
)
async def test_what_it_cannot_do_it_says(fault: Fault, arguments: tuple[str, ...], said: str) -> None:
    assert said in await fault.refused(*arguments)


def test_without_a_mando_up_it_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fault", "--list", "--port", str(four_free_ports())]) == 2
    assert "no `mando up` answers at http://127.0.0.1:" in capsys.readouterr().err
