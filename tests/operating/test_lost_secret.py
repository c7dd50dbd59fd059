"""A lost secret: `mando up` starts with another sealing key, while requests wait that were sealed with the old one."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.operating.looking import each_has_one_picture, fault, is_seen, log, ran, shown_at, told, until
from tests.operating.page import situation
from tests.servers import wait_until
from tests.system.shell import in_shell
from tests.system.up import PLACE, Up, mando_up

Sealed = tuple[Path, list[dict[str, Any]]]


def test_a_secret_that_is_lost_for_good(sealed: Sealed, sources: Path, tmp_path: Path) -> None:
    here = situation("A lost secret")
    with _with_another_key(tmp_path, sources, sealed) as (up, (replying, first, second)):
        assert {up.reply(sent)["state"] for sent in (replying, first, second)} == {"thinking"}
        is_seen(
            up,
            here,
            {
                "/ops": lambda: shown_at(up, "/ops"),
                "mando trace": lambda: told(up, first["id"]),
                "log of the steps": log(up, "steps"),
            },
        )
        assert "sealed with another key" in ran(up, tmp_path, here, "Be sure")
        each_has_one_picture(up, [up.interact()])
        too_early = in_shell(up, tmp_path, [here.commands("Do")])
        assert (too_early.returncode, too_early.stdout.splitlines()[-1]) == (1, "2 replayed, 2 FAILED")
        assert _posted_after_15_minutes(up, second)["embeds"][0]["image"]["url"]


def test_a_lost_secret_that_is_put_back(sealed: Sealed, sources: Path, tmp_path: Path) -> None:
    with _with_another_key(tmp_path, sources, sealed) as (_, (replying, first, second)):
        pass
    (tmp_path / "seal.key").replace(tmp_path / ".mando" / "seal.key")
    with mando_up(tmp_path / ".mando", sources) as up:
        done = in_shell(up, tmp_path, [situation("A lost secret").commands("Do")])
        assert done.stdout.splitlines()[-1] == "2 replayed, 2 SUCCEEDED"
        found = in_shell(up, tmp_path, [situation("Who got no reply").commands()])
        assert (found.returncode, found.stdout.count(": SUCCEEDED")) == (0, 1), found.stdout + found.stderr
        each_has_one_picture(up, [replying, first, second])


@pytest.fixture(scope="module")
def sealed(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """The data of a `mando up` that has ended, and three requests that wait in it."""
    folder = tmp_path_factory.mktemp("sealed")
    with mando_up(folder / ".mando", sources) as up:
        return folder, [_whose_reply_waits(up), *_who_stand_in_the_first_queue(up)]


@contextlib.contextmanager
def _with_another_key(folder: Path, sources: Path, sealed: Sealed) -> Iterator[tuple[Up, list[dict[str, Any]]]]:
    """`mando up` with another key than that of the requests, which failed."""
    before, lost = sealed
    shutil.copytree(before / ".mando", folder / ".mando")
    (folder / ".mando" / "seal.key").rename(folder / "seal.key")
    with mando_up(folder / ".mando", sources) as up:
        until(up, lost, "failed")
        yield up, lost


def _whose_reply_waits(up: Up) -> dict[str, Any]:
    fault(up, "discord", "503")
    sent = up.interact()
    assert up.ended(sent["id"])["state"] == "SUCCEEDED"
    return sent


def _who_stand_in_the_first_queue(up: Up) -> tuple[dict[str, Any], dict[str, Any]]:
    fault(up, "workflow", "503")
    sent = up.interact(), up.interact()
    until(up, sent, "waiting")
    return sent


def _posted_after_15_minutes(up: Up, sent: dict[str, Any]) -> dict[str, Any]:
    """The message that a replay posts to the channel when the token's life is over."""
    argument = json.loads(up.executions(sent["id"])[0]["argument"])
    late = json.dumps({**argument, "expires_at": "2026-01-01T00:00:00Z"})
    url = f"{up.base}/v1/{PLACE}/workflows/mando/executions"
    requests.post(url, json={"argument": late}, timeout=30).raise_for_status()

    def posted() -> dict[str, Any] | None:
        messages: list[dict[str, Any]] = up.get(f"api/client/interactions/{sent['id']}")["messages"]
        return next((one for one in messages if one["content"].startswith("<@")), None)

    found = wait_until(posted, "the bot posts to the channel")
    assert found is not None
    return found
