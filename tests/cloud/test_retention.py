"""What is done goes after a while, the oldest first; what is unfinished, or what another still has, stays."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from local.data.sweeping import used_bytes
from local.executions.data.workflows import Settings
from local.project import BUCKET, WORKFLOW
from local.retention import KEPT_BYTES, KEPT_S, RETENTION_TABLE, in_words
from local.server import LocalCloud
from tests.discord.application import COMMAND
from tests.running import counting_turns, until
from tests.servers import ROOT
from tests.system.up import four_free_ports

DAY_S = 86400.0
SOURCE = "main: {params: [x], steps: [{if: {switch: [{condition: '${x == 1}', next: wait}], next: end}},\
 {wait: {call: sys.sleep, args: {seconds: 600}}}]}"


@asynccontextmanager
async def a_cloud(folder: Path) -> AsyncIterator[tuple[LocalCloud, str, aiohttp.ClientSession]]:
    port = four_free_ports()
    async with LocalCloud(folder, port, "http://127.0.0.1:1") as cloud, aiohttp.ClientSession() as session:
        cloud.objects.buckets.ensure(BUCKET)
        await cloud.discord.register([COMMAND])
        cloud.executions.deployments.deploy(WORKFLOW, Settings(SOURCE))
        yield cloud, f"http://127.0.0.1:{port}", session
        await cloud.executions.stop()


async def fill(cloud: LocalCloud, url: str, session: aiohttp.ClientSession, count: int, size: int = 100) -> None:
    """So many executions, objects and messages."""
    for number in range(count):
        name = cloud.executions.create(WORKFLOW, "0")["name"]
        await until(lambda name=name: not cloud.executions.is_running(name))  # type: ignore[misc]
        async with session.post(
            f"{url}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=o{number}", data=os.urandom(size)
        ) as made:
            assert made.status == 200
        async with session.post(f"{url}/api/client/messages", json={"content": f"m{number}"}) as made:
            assert made.status == 200


async def kept(cloud: LocalCloud) -> dict[str, int]:
    messages = await cloud.discord.run(cloud.discord.channel.messages_before, None, 1000)
    return {
        "executions": sum(cloud.executions.store.counts(WORKFLOW).values()),
        "objects": len(cloud.objects.names(BUCKET, "", None, 1000, after=False)),
        "messages": len(messages),
    }


async def test_what_is_kept_long_enough_goes_and_what_is_unfinished_stays(tmp_path: Path) -> None:
    async with a_cloud(tmp_path) as (cloud, url, session):
        await fill(cloud, url, session, 25)  # more than one slice
        running = cloud.executions.create(WORKFLOW, "1")["name"]
        later_s = time.time() + KEPT_S - DAY_S
        cloud.sweeper._now_s = lambda: later_s
        await cloud.sweeper.sweep()
        assert await kept(cloud) == {"executions": 26, "objects": 25, "messages": 25}
        cloud.sweeper._now_s = lambda: later_s + 2 * DAY_S
        await cloud.sweeper.sweep()
        assert await kept(cloud) == {"executions": 1, "objects": 0, "messages": 1}, "listeners need the last message"
        assert cloud.executions.get(running)["state"] == "ACTIVE"
        assert cloud.executions.store._database.rows("SELECT execution FROM histories") == []
        assert [path for path in (tmp_path / "contents").rglob("*") if path.is_file()] == []


async def test_the_oldest_goes_until_the_folder_is_small_enough(tmp_path: Path) -> None:
    async with a_cloud(tmp_path) as (cloud, url, session):
        await fill(cloud, url, session, 60, size=100_000)
        full_bytes = used_bytes(tmp_path)
        cloud.sweeper._kept_bytes = full_bytes - 2_000_000
        await cloud.sweeper.sweep()
        assert (await kept(cloud))["objects"] == 60, "nothing younger than an hour goes"
        hours_s = time.time() + 2 * 3600
        cloud.sweeper._now_s = lambda: hours_s
        await cloud.sweeper.sweep()
        left = cloud.objects.names(BUCKET, "", None, 1000, after=False)
        assert used_bytes(tmp_path) <= full_bytes - 2_000_000
        assert 0 < len(left) <= 40
        generations = sorted(one.generation for one in left)
        assert {one.name for one in left} >= {"o59"}, "the oldest first"
        assert len(generations) == len(left)


async def test_what_an_unfinished_execution_may_still_need_stays_however_full_the_folder_is(tmp_path: Path) -> None:
    async with a_cloud(tmp_path) as (cloud, url, session):
        cloud.executions.create(WORKFLOW, "1")
        await fill(cloud, url, session, 3)
        cloud.sweeper._kept_bytes = 1
        hours_s = time.time() + 2 * 3600
        cloud.sweeper._now_s = lambda: hours_s
        await cloud.sweeper.sweep()
        assert await kept(cloud) == {"executions": 4, "objects": 3, "messages": 3}


async def test_a_sweep_holds_up_nobody(tmp_path: Path) -> None:
    """Between any two slices others get their turn: counted in turns of the event loop, not in time."""
    async with a_cloud(tmp_path) as (cloud, url, session):
        await fill(cloud, url, session, 45)
        cloud.sweeper._now_s = lambda: time.time() + KEPT_S + DAY_S
        async with counting_turns() as turns:
            await cloud.sweeper.sweep()
            assert turns() > 3 * 3 * 2  # three stores of three batches, two steps each


def test_one_place_says_what_is_kept_how_long() -> None:
    """The page for operators shows the numbers of retention.py."""
    page = (ROOT / "docs" / "data.md").read_text()
    has_both = f"{KEPT_S / DAY_S:.0f} days" in page and f"{KEPT_BYTES / 1024**3:.0f} GB" in page
    assert has_both, "docs/data.md has other numbers than local/retention.py"
    table = page.partition("## How long data is kept")[2].partition("## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| what")]
    expected = [f"| {what} | {how_long} |" for what, how_long in RETENTION_TABLE]
    assert rows == expected, "put into the table of docs/data.md:\n" + "\n".join(expected)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(90 * DAY_S, "90 days"), (DAY_S, "a day"), (3650 * DAY_S, "3,650 days"), (3600, "an hour"), (300, "5 minutes")],
)
def test_a_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


async def test_a_folder_that_cannot_be_swept_now_is_swept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.data.sweeping._SWEEP_EVERY_S", 0.01)
    async with a_cloud(tmp_path) as (cloud, url, session):
        await fill(cloud, url, session, 2)
        database = cloud.executions.store._database
        database.run("PRAGMA query_only = ON")
        cloud.sweeper._now_s = lambda: time.time() + KEPT_S + DAY_S
        sweeping = asyncio.create_task(cloud.sweeper.run())
        await asyncio.sleep(0.1)
        assert not sweeping.done()
        assert (await kept(cloud))["executions"] == 2
        database.run("PRAGMA query_only = OFF")
        await until(lambda: cloud.executions.store.counts(WORKFLOW) == {})
        sweeping.cancel()
