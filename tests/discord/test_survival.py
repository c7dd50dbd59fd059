"""What the local Discord knows survives its process; its key and its ids stay its own."""

import asyncio
import contextlib
import itertools
import json
import random
import stat
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError

from local.data.disk import UnusableFile
from local.discord.data.interaction import RANDOM_CHARACTERS
from local.discord.engine.signing import ensure_signing_key, signed_headers
from local.discord.forms.use import parse_use
from local.discord.snowflake import Snowflakes, time_of_id
from tests.discord.application import PICTURE, a_form, a_picture, local_discord
from tests.full_disk import full
from tests.servers import free_port, running, serving, wait_until


async def test_messages_pictures_commands_and_ids_are_there_after_a_restart(tmp_path: Path) -> None:
    async with local_discord(tmp_path) as here:
        await here.interact()
        await here.call("PATCH", here.reply_url, data=a_form(PICTURE, ("mandala.png", a_picture())))
        before = await here.channel()
        old_reply = here.reply_url.removeprefix(here.base)
        key, old_base = here.discord.public_key_hex, here.base
    async with local_discord(tmp_path) as here:
        after = await here.channel()
        assert here.discord.public_key_hex == key
        assert after["messages"] == json.loads(json.dumps(before["messages"]).replace(old_base, here.base))
        assert after["commands"][0]["id"] == before["commands"][0]["id"]
        async with here.session.get(after["messages"][0]["embeds"][0]["image"]["url"]) as picture:
            assert await picture.read() == a_picture()
        assert (await here.call("PATCH", here.base + old_reply, json={"content": "again"}))[0] == 200
        again = await here.interact()
        assert int(again["id"]) > int(before["messages"][-1]["id"])


async def test_an_interaction_that_was_waiting_when_we_were_stopped_has_failed(tmp_path: Path) -> None:
    async with local_discord(tmp_path) as here:
        use = parse_use({"data": {"name": "mando"}}, None)
        await here.discord.run(here.discord.beginnings.begin, use, "x" * RANDOM_CHARACTERS, here.base)
        assert await here.messages() == []
    async with local_discord(tmp_path) as here:
        (message,) = await here.messages()
        assert message["state"] == "failed"


class Deferring(BaseHTTPRequestHandler):
    """An application that acknowledges everything, and remembers where to reply."""

    reply_paths: list[str]

    def do_POST(self) -> None:
        interaction = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        path = f"/api/v10/webhooks/{interaction['application_id']}/{interaction['token']}/messages/@original"
        type(self).reply_paths.append(path)
        body = json.dumps({"type": 5}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


def test_whatever_was_answered_is_still_there_after_kill_9(tmp_path: Path) -> None:
    Deferring.reply_paths = []
    dice = random.Random(7)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    promised: dict[str, str] = {}
    with serving(Deferring) as ingress:
        command = [sys.executable, "-m", "tests.discord.alone", str(tmp_path), ingress, str(port)]
        for _ in range(3):
            with running(command, {}, base) as process:
                killing = threading.Timer(dice.uniform(0, 0.4), process.kill)
                with contextlib.suppress(requests.RequestException):
                    for number in itertools.count():
                        if number == 2:  # however slow it is, each of the three has promised something
                            killing.start()
                        data = {"data": {"name": "mando"}}
                        outcome = requests.post(f"{base}/api/v10/interactions", json=data, timeout=30).json()
                        promised[outcome["messages"][0]["id"]] = ""
                        words = f"reply {len(promised)}"
                        edit = requests.patch(base + Deferring.reply_paths[-1], json={"content": words}, timeout=30)
                        promised[edit.json()["id"]] = words
                killing.join()
                wait_until(lambda: process.poll() is not None, "the process has ended")
        with running(command, {}, base):
            shown: dict[str, str] = {}
            page = requests.get(f"{base}/api/client/messages", timeout=30).json()
            while page:
                shown |= {message["id"]: message["content"] for message in page}
                url = f"{base}/api/client/messages?before={page[0]['id']}"
                page = requests.get(url, timeout=30).json()
    assert len(promised) > 10
    lost = {message_id for message_id in promised if message_id not in shown}
    undone = {message_id for message_id, words in promised.items() if words and shown.get(message_id) != words}
    assert (lost, undone) == (set(), set())


def test_the_signing_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "discord.key"
    key = ensure_signing_key(path)
    assert ensure_signing_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    headers = signed_headers(key, 1700000000, b"body")
    signature = bytes.fromhex(headers["X-Signature-Ed25519"])
    key.verify_key.verify(b"1700000000body", signature)
    with pytest.raises(BadSignatureError):
        key.verify_key.verify(b"1700000001body", signature)


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "00" * 31])
def test_a_garbled_key_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "discord.key"
    path.write_text(text)
    with pytest.raises(UnusableFile, match=r"discord\.key cannot be read as an Ed25519 key"):
        ensure_signing_key(path)


@given(st.lists(st.integers(-5_000, 5_000), max_size=50), st.integers(0, 2**62))
def test_ids_only_grow_also_when_the_clock_goes_back(steps_ms: list[int], after: int) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    ids = Snowflakes(lambda: now, after)
    made = [after]
    for step_ms in steps_ms:
        now += timedelta(milliseconds=step_ms)
        made.append(int(ids.next()))
    assert all(one < other for one, other in itertools.pairwise(made))


@given(st.datetimes(datetime(2015, 1, 2), datetime(2080, 1, 1)))  # noqa: DTZ001 - hypothesis adds the zone
def test_an_id_tells_when_it_was_made(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    assert timedelta(0) <= moment - time_of_id(Snowflakes(lambda: moment).next()) < timedelta(milliseconds=1)


async def test_on_a_full_disk_a_message_is_refused_with_503_and_nothing_of_it_is_there(tmp_path: Path) -> None:
    async with local_discord(tmp_path) as here:
        url = f"{here.base}/api/client/messages"
        taken = 0
        with full(here.discord._store._database):
            while taken < 20:  # some fit into the last pages
                status, answer = await here.call("POST", url, json={"content": "x" * 1900})
                if status != 200:
                    break
                taken += 1
            assert (status, answer["code"], "full" in answer["message"]) == (503, 0, True)
            assert len(await here.messages()) == taken
        assert (await here.call("POST", url, json={"content": "x" * 1900}))[0] == 200
        assert len(await here.messages()) == taken + 1


async def test_an_acknowledgement_that_cannot_be_kept_at_once_is_kept_later(tmp_path: Path) -> None:
    """The application has answered, and will reply: without the acknowledgement that would be 404 for ever."""
    async with local_discord(tmp_path) as here:
        database = here.discord._store._database
        begin = here.discord.beginnings.begin

        def begun(*given: Any) -> Any:
            interaction = begin(*given)
            database.run("PRAGMA query_only = ON")
            return interaction

        here.discord.beginnings.begin = begun  # type: ignore[method-assign, assignment]
        waiting = asyncio.create_task(here.interact())
        await asyncio.sleep(0.3)
        assert not waiting.done()
        database.run("PRAGMA query_only = OFF")
        outcome = await waiting
        assert outcome["state"] == "acknowledged"
        assert (await here.call("PATCH", here.reply_url, json={"content": "there"}))[0] == 200


async def test_a_file_whose_bytes_are_lost_is_named(tmp_path: Path) -> None:
    async with local_discord(tmp_path) as here:
        await here.interact()
        await here.call("PATCH", here.reply_url, data=a_form(PICTURE, ("mandala.png", a_picture())))
        (message,) = await here.messages()
        (file,) = (tmp_path / "discord.files").iterdir()
        file.unlink()
        status, answer = await here.call("GET", message["embeds"][0]["image"]["url"])
        assert (status, answer["message"]) == (500, f"500: Internal Server Error ({file} is missing or shortened)")
