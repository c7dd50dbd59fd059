"""Every number that comes in from outside is finite and in its range, or is refused with 400."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
import pytest_asyncio

from local.project import BUCKET, PLACE
from local.retention import YAML_TASK_TTL_S
from local.server import LocalCloud
from local.tasks.rules import RetryConfig, retry_at_s
from local.tasks.sender import retry_after_s
from local.tasks.wire import instant
from tests.system.up import four_free_ports

QUEUE = f"{PLACE}/queues/q"
JSON = {"Content-Type": "application/json"}
NO_NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e308",
    "-1e308",
    "1e999",
    "-1e999",
    "9" * 400,
    "9" * 5000,
    "true",
    "null",
]

Cloud = tuple[LocalCloud, str, aiohttp.ClientSession]

in_one_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cloud(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cloud]:
    """One for all: what is refused changes nothing."""
    port, data = four_free_ports(), tmp_path_factory.mktemp("cloud")
    async with LocalCloud(data, port, "http://127.0.0.1:1") as cloud, aiohttp.ClientSession() as session:
        cloud.objects.buckets.ensure(BUCKET)
        yield cloud, f"http://127.0.0.1:{port}", session


@in_one_loop
@pytest.mark.parametrize("offset", [*NO_NUMBERS, "315360001", "-315360000.5", '"600"', "[]"])
async def test_the_clock_is_set_within_ten_years_only(cloud: Cloud, offset: str) -> None:
    here, url, session = cloud
    async with session.post(f"{url}/faults/clock", data=f'{{"offset_s": {offset}}}', headers=JSON) as answer:
        assert answer.status == 400
        assert (await answer.json())["error"]["status"] == "INVALID_ARGUMENT"
    assert abs(here.faults.now_s() - datetime.now(UTC).timestamp()) < 5


@in_one_loop
@pytest.mark.parametrize("offset", ["0", "600", "-1200.5", "315360000", "-315360000"])
async def test_within_them_it_is(cloud: Cloud, offset: str) -> None:
    here, url, session = cloud
    async with session.post(f"{url}/faults/clock", data=f'{{"offset_s": {offset}}}', headers=JSON) as answer:
        assert answer.status == 200
    assert here.faults.now_s() - datetime.now(UTC).timestamp() == pytest.approx(float(offset), abs=5)
    await session.delete(f"{url}/faults")


@in_one_loop
@pytest.mark.parametrize("count", [*NO_NUMBERS[:-1], "0", "-1", "1.5", "1000001"])
async def test_a_fault_hits_a_whole_number_of_calls(cloud: Cloud, count: str) -> None:
    _, url, session = cloud
    body = f'{{"target": "queue", "kind": "500", "count": {count}}}'
    async with session.post(f"{url}/faults", data=body, headers=JSON) as answer:
        assert answer.status == 400


@in_one_loop
@pytest.mark.parametrize("number", [*NO_NUMBERS[:-2], '"NaN"', '"Infinity"', '"-Infinity"', '"1e999"'])
@pytest.mark.parametrize("field", ["maxDispatchesPerSecond", "maxConcurrentDispatches"])
async def test_a_queues_rate_is_finite(cloud: Cloud, field: str, number: str) -> None:
    _, url, session = cloud
    body = f'{{"name": "{QUEUE}", "rateLimits": {{"{field}": {number}}}}}'
    async with session.post(f"{url}/v2/{PLACE}/queues", data=body, headers=JSON) as answer:
        assert answer.status == 400


@in_one_loop
@pytest.mark.parametrize(
    "seconds", ["9223372036854775807", '"9223372036854775807"', "-9223372036854775808", "253402300800"]
)
async def test_a_schedule_time_is_within_the_calendar(cloud: Cloud, seconds: str) -> None:
    """Source: google.protobuf.Timestamp: from the year 1 to 9999."""
    _, url, session = cloud
    queue = f"{PLACE}/queues/a-whole-one"
    await session.post(f"{url}/v2/{PLACE}/queues", json={"name": queue})
    body = f'{{"task": {{"scheduleTime": {{"seconds": {seconds}}}, "httpRequest": {{"url": "http://x"}}}}}}'
    async with session.post(f"{url}/v2/{queue}/tasks", data=body, headers=JSON) as answer:
        assert (answer.status, "exceeds limits" in await answer.text()) == (400, True)


@in_one_loop
@pytest.mark.parametrize("body", ['{"labels": {"a": NaN}}', '{"x": 1e999}', '{"x": -Infinity}'])
async def test_no_resource_of_the_bucket_holds_what_json_cannot_say(cloud: Cloud, body: str) -> None:
    _, url, session = cloud
    async with session.patch(f"{url}/storage/v1/b/{BUCKET}", data=body, headers=JSON) as answer:
        assert answer.status == 400


@in_one_loop
@pytest.mark.parametrize("name", ["generation", "ifGenerationMatch", "maxResults"])
@pytest.mark.parametrize("number", ["9" * 19, "9" * 20, "-1", "NaN", "1e5", "٣"])
async def test_numbers_of_a_query_never_break_the_index(cloud: Cloud, name: str, number: str) -> None:
    _, url, session = cloud
    for path in (f"/storage/v1/b/{BUCKET}/o/x", f"/storage/v1/b/{BUCKET}/o"):
        async with session.get(f"{url}{path}", params={name: number}) as answer:
            assert answer.status in (200, 400, 404)


@in_one_loop
@pytest.mark.parametrize("number", ["9" * 18, "9" * 19, "9" * 400, "-1", "0", "NaN"])
async def test_ids_of_discord_never_break_its_store(cloud: Cloud, number: str) -> None:
    _, url, session = cloud
    for path in (f"interactions/{number}", f"messages?before={number}", f"events?after={number}"):
        async with session.get(f"{url}/api/client/{path}", timeout=aiohttp.ClientTimeout(sock_read=30)) as answer:
            assert answer.status in (200, 400, 404)


@pytest.mark.parametrize("header", ["9" * 400, "1e308", "NaN", "-1", "Fri, 31 Dec 9999 23:59:59 GMT", "٣٤"])
def test_a_target_puts_a_task_off_for_as_long_as_a_queue_keeps_one_at_most(header: str) -> None:
    """And never to a time that no calendar holds."""
    due_s = retry_at_s(RetryConfig(), 1, 1_800_000_000.0, retry_after_s(header))
    assert 1_800_000_000.0 <= due_s <= 1_800_000_000.0 + YAML_TASK_TTL_S
    assert instant(due_s)


def test_a_backoff_of_ten_thousand_years_has_a_date() -> None:
    retry = RetryConfig(min_backoff_s=315_576_000_000.0, max_backoff_s=315_576_000_000.0)
    assert instant(retry_at_s(retry, 1, 1_800_000_000.0, 0.0)).startswith("2037")
