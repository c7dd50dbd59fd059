"""A page that a developer visits cannot use the local cloud; programs on this machine and its own pages can."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import grpc.aio
import pytest
import pytest_asyncio
from aiohttp import web
from google.cloud import tasks_v2
from playwright.async_api import Browser

from local.http.guard import refusal
from local.http.listening import listening
from local.project import BUCKET, PLACE
from local.server import LocalCloud
from tests.browser.chromium import browser_with
from tests.system.up import four_free_ports

JSON = {"Content-Type": "application/json"}
PAGE = "<script>document.title = 'it ran'</script>"


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "LOCALHOST", "127.0.0.1"])
def test_this_machine_s_own_names_are_taken(host: str) -> None:
    assert refusal("GET", "/ops/state", {"Host": host}) is None


@pytest.mark.parametrize(
    "host", ["storage.googleapis.com", "demo.uc.r.appspot.com", "us-central1-run.googleapis.com:80"]
)
def test_a_google_host_that_a_client_was_told_to_find_here_is_taken(host: str) -> None:
    assert refusal("POST", "/v2/x", {"Host": host, **JSON}) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "evil-googleapis.com",
        "googleapis.com.evil.example",
        "localhost.evil.example",
        "127.0.0.1:8080@evil.example",
        "",
        "127.0.0.2:8080",
    ],
)
def test_a_rebound_name_reads_nothing(host: str) -> None:
    refused = refusal("GET", "/ops/state", {"Host": host})
    assert refused is not None
    assert refused[0] == 421


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:9999", "https://evil.example", "null", "http://localhost:8080", "http://127.0.0.1"]
)
def test_a_foreign_origin_is_refused(origin: str) -> None:
    refused = refusal("POST", "/faults", {"Host": "127.0.0.1:8080", "Origin": origin, **JSON})
    assert refused is not None
    assert refused[0] == 403


def test_our_own_page_may_call() -> None:
    own = {"Host": "127.0.0.1:8080", "Origin": "http://127.0.0.1:8080", "Sec-Fetch-Site": "same-origin", **JSON}
    assert refusal("POST", "/faults", own) is None


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("method", "mode", "dest", "is_taken"),
    [
        ("GET", "navigate", "document", True),
        ("GET", "navigate", "iframe", False),
        ("GET", "no-cors", "script", False),
        ("GET", "cors", "empty", False),
        ("POST", "navigate", "document", False),
    ],
)
def test_of_another_page_only_a_link_is_followed(site: str, method: str, mode: str, dest: str, is_taken: bool) -> None:
    asked = {"Host": "localhost:1", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert (refusal(method, "/ops", asked) is None) is is_taken


@pytest.mark.parametrize("kind", ["text/plain", "text/plain; charset=utf-8", "Multipart/Form-Data; boundary=x"])
def test_a_body_that_a_browser_sends_unasked_is_refused_where_json_is_expected(kind: str) -> None:
    for path in ("/faults", "/v1/projects/p/locations/l/workflows/w/executions", "/v2/x/tasks", "/storage/v1/b"):
        refused = refusal("POST", path, {"Host": "127.0.0.1", "Content-Type": kind})
        assert refused is not None
        assert refused[0] == 415


@pytest.mark.parametrize(
    "path", ["/upload/storage/v1/b/b/o", "/api/v10/webhooks/1/t", "/v1/projects/p/locations/l/callbacks/7"]
)
def test_where_any_body_is_right_it_is_taken(path: str) -> None:
    assert refusal("POST", path, {"Host": "127.0.0.1", "Content-Type": "text/plain"}) is None


in_one_loop = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """That finds another's name at this machine."""
    async with browser_with("--host-resolver-rules=MAP evil.example 127.0.0.1") as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def cloud(data: Path) -> AsyncIterator[tuple[LocalCloud, int]]:
    port = four_free_ports()
    async with LocalCloud(data, port, "http://127.0.0.1:1") as cloud:
        await cloud.begin([])
        yield cloud, port


@in_one_loop
async def test_every_answer_is_marked_and_no_refusal_is_html(cloud: tuple[LocalCloud, int]) -> None:
    _, port = cloud
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers={"Accept": "text/html"}) as session:
        for path in (
            "/nothing",
            f"/{BUCKET}/<script>",
            f"/download/storage/v1/b/{BUCKET}/o/<script>?alt=media",
            "/storage/v1/b/<script>/o/x",
            "/v1/<script>",
            "/api/v10/<script>",
            "/v2/projects/<script>/locations/l/queues",
            "/ops/state",
        ):
            async with session.get(path) as answer:
                assert answer.content_type != "text/html", path
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
        for path in ("/", "/ops"):
            async with session.get(path) as page:
                policy = page.headers["Content-Security-Policy"]
                assert "frame-ancestors 'none'" in policy
                assert "default-src 'none'" in policy


@in_one_loop
async def test_a_call_over_grpc_that_a_page_sent_is_refused(cloud: tuple[LocalCloud, int]) -> None:
    _, port = cloud
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port + 3}") as channel:
        call = channel.unary_unary(
            "/google.cloud.tasks.v2.CloudTasks/ListQueues",
            request_serializer=tasks_v2.ListQueuesRequest.serialize,
            response_deserializer=tasks_v2.ListQueuesResponse.deserialize,
        )
        await call(tasks_v2.ListQueuesRequest(parent=PLACE))
        for header in ("origin", "sec-fetch-site"):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await call(tasks_v2.ListQueuesRequest(parent=PLACE), metadata=((header, "http://evil.example"),))
            assert refused.value.code() == grpc.StatusCode.PERMISSION_DENIED


@contextlib.asynccontextmanager
async def a_foreign_page() -> AsyncIterator[str]:
    async def page(_: web.Request) -> web.Response:
        return web.Response(text="<title>foreign</title>", content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/", page)])
    runner = web.AppRunner(app)
    async with listening(runner, "127.0.0.1", 0) as port:
        yield f"http://127.0.0.1:{port}/"


@in_one_loop
async def test_a_visited_page_in_a_real_browser_changes_and_reads_nothing(
    cloud: tuple[LocalCloud, int], browser: Browser
) -> None:
    local, port = cloud
    base = f"http://127.0.0.1:{port}"
    async with a_foreign_page() as foreign:
        page = await browser.new_page()
        await page.goto(foreign)
        outcome = await page.evaluate(
            """async (base) => {
                const send = (path, kind, body) => fetch(base + path, {
                    method: "POST", mode: "no-cors", headers: {"Content-Type": kind}, body,
                }).then(() => "sent", () => "refused");
                await send("/faults", "text/plain", '{"target": "discord", "kind": "503"}');
                await send("/faults/clock", "text/plain", '{"offset_s": 600}');
                await send("/v2/projects/demo/locations/us-central1/queues", "text/plain",
                    '{"name": "projects/demo/locations/us-central1/queues/evil"}');
                await send("/api/client/messages", "text/plain", '{"content": "evil"}');
                const form = document.createElement("form");
                Object.assign(form, {method: "POST", action: base + "/faults", enctype: "text/plain", target: "other"});
                form.innerHTML = '<input name=\\'{"target":"discord","kind":"503","x":"\\' value=\\'"}\\'>';
                const other = document.createElement("iframe");
                other.name = "other"; document.body.append(other, form); form.submit();
                const script = document.createElement("script");
                script.src = base + "/ops/state";
                const ran = await new Promise((done) => {
                    script.onload = () => done("read"); script.onerror = () => done("refused");
                    document.head.append(script);
                });
                const read = await fetch(base + "/ops/state").then((answer) => answer.text(), () => "refused");
                const frame = document.createElement("iframe");
                frame.src = base + "/ops";
                await new Promise((done) => { frame.onload = done; document.body.append(frame); });
                return {ran, read};
            }""",
            base,
        )
        assert outcome == {"ran": "refused", "read": "refused"}
        assert await page.frames[-1].title() != "Operations · mando on this machine"
        await page.goto(f"{base}/ops")  # a link to it works
        assert await page.title() == "Operations · mando on this machine"
    assert local.faults.pending == []
    assert abs(local.faults.now_s() - time.time()) < 60
    assert local.tasks.queues() == []
    assert "evil" not in str(await local.discord.run(local.discord.channel.snapshot, 50))


@in_one_loop
async def test_a_rebound_name_in_a_real_browser_reads_nothing(cloud: tuple[LocalCloud, int], browser: Browser) -> None:
    _, port = cloud
    page = await browser.new_page()
    answer = await page.goto(f"http://evil.example:{port}/ops/state")
    assert answer is not None
    assert answer.status == 421
    assert "evil.example" in await answer.text()


@in_one_loop
async def test_an_uploaded_page_runs_no_script(cloud: tuple[LocalCloud, int], browser: Browser) -> None:
    _, port = cloud
    base = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:
        upload = f"{base}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=x.html"
        async with session.post(upload, data=PAGE, headers={"Content-Type": "text/html"}) as uploaded:
            assert uploaded.status == 200
    for path in (f"/{BUCKET}/x.html", f"/download/storage/v1/b/{BUCKET}/o/x.html?alt=media"):
        page = await browser.new_page()
        await page.goto(base + path)
        assert await page.title() == ""


@in_one_loop
async def test_half_a_request_is_no_way_around(cloud: tuple[LocalCloud, int]) -> None:
    """Two Host lines, of which one is ours: whoever reads the other is misled, so nobody is answered."""
    _, port = cloud
    with socket.create_connection(("127.0.0.1", port), timeout=30) as raw:
        raw.sendall(b"GET /ops/state HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        raw.setblocking(True)
        answer = await asyncio.to_thread(raw.recv, 100)
    assert answer.split(b" ")[1] in (b"400", b"421")


@in_one_loop
@pytest.mark.parametrize("head", [b"GET /" + b"a" * 9000, b"GET /\xff", b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 40_000])
async def test_a_request_that_is_no_http_is_no_traceback_on_the_terminal(
    cloud: tuple[LocalCloud, int], caplog: pytest.LogCaptureFixture, head: bytes
) -> None:
    _, port = cloud
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write(head + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b" 400 " in await reader.readline()
    writer.transport.abort()  # nobody reads the rest: close() would wait for that
    assert "Traceback" not in caplog.text


@in_one_loop
async def test_a_mistake_of_ours_is_logged_with_its_traceback_and_not_shown(
    cloud: tuple[LocalCloud, int], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    local, port = cloud
    monkeypatch.setattr(local.faults, "pending", None)
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/faults") as answer:
        assert (answer.status, await answer.text()) == (500, "internal error\n")
    assert "TypeError" in caplog.text
