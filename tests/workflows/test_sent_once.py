"""A call leaves as the workflow made it, once, and nothing of it is kept for the next: over real sockets."""

import asyncio
import gzip
import socket
from typing import Any

import pytest

from local.executions.engine.live import LivePerformer, drive
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import compile_workflow
from local.workflows.limits import MAX_RESPONSE_BYTES
from tests.wire import OK, a_wire

AGENT = "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)"
SOURCE = """
main:
  params: [calls]
  steps:
    - none:
        assign: [answer: null]
    - all:
        for:
          value: one
          in: ${calls}
          steps:
            - call:
                try:
                  call: http.request
                  args:
                    method: ${one.method}
                    url: ${one.url}
                    headers: ${map.get(one, "headers")}
                    body: ${map.get(one, "body")}
                    timeout: 5
                  result: answer
                except:
                  as: error
                  steps:
                    - caught:
                        return: ${error.tags[0]}
    - fine:
        return: ${answer}
"""


async def outcome_of(*calls: dict[str, Any], base_url: str = "") -> Any:
    """The last answer, or the tag of the first error."""
    async with outgoing_session() as session:
        performer = LivePerformer(session, lambda _: "token", base_url, lambda *_: None)
        return await drive(compile_workflow(SOURCE).run(list(calls), {}), performer.perform)


def get(url: str, **more: Any) -> dict[str, Any]:
    return {"method": "GET", "url": url, **more}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "POST", "PATCH"])
async def test_a_connection_that_breaks_is_an_error_and_the_request_was_sent_once(method: str) -> None:
    async with a_wire(lambda _: b"") as wire:
        assert await outcome_of({"method": method, "url": wire.url}) == "ConnectionError"
    assert wire.first_lines == [f"{method} / HTTP/1.1"]


async def test_an_answer_that_breaks_off_is_an_error_and_the_request_was_sent_once() -> None:
    def cut(number: int) -> bytes:
        return b"" if number else b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nonly"

    async with a_wire(cut) as wire:
        assert await outcome_of(get(wire.url)) == "ConnectionError"
    assert len(wire.heads) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_calls_that_follow_each_other_share_a_connection(method: str) -> None:
    async with a_wire() as wire:
        call = {"method": method, "url": wire.url}
        assert (await outcome_of(call, call, call))["code"] == 200
    assert (len(wire.heads), wire.connections) == (3, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_server_that_hangs_up_after_each_answer_without_a_word_is_no_error(method: str) -> None:
    async with a_wire(most=1) as wire:
        call = {"method": method, "url": wire.url}
        assert (await outcome_of(call, call, call))["code"] == 200
    assert (len(wire.heads), wire.connections) == (3, 3)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_a_server_has_read_on_a_shared_connection_is_not_sent_again(method: str) -> None:
    async with a_wire(lambda number: b"" if number else OK) as wire:
        call = {"method": method, "url": wire.url}
        assert await outcome_of(call, call) == "ConnectionError"
    assert (len(wire.heads), wire.connections) == (2, 1)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_nobody_has_read_on_a_shared_connection_is_sent_anew(method: str) -> None:
    read = list[bytes]()

    def serve(listening: socket.socket) -> None:
        for closes_on_the_second in (True, False):
            connection, _ = listening.accept()
            read.append(connection.recv(65536))
            connection.sendall(OK)
            if closes_on_the_second:
                connection.recv(1, socket.MSG_PEEK)  # it is there, and stays unread
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        serving = asyncio.create_task(asyncio.to_thread(serve, listening))
        call = {"method": method, "url": f"http://127.0.0.1:{listening.getsockname()[1]}/"}
        assert (await outcome_of(call, call))["code"] == 200
        await serving
    assert [head.split()[0].decode() for head in read] == [method, method]


async def test_a_connection_that_was_idle_for_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.http.outgoing._IDLE_S", 0.0)
    async with a_wire() as wire:
        assert (await outcome_of(get(wire.url), get(wire.url)))["code"] == 200
    assert (len(wire.heads), wire.connections) == (2, 2)


async def test_a_redirect_is_the_answer_and_is_not_followed() -> None:
    """unsure: the documentation does not say what the service does."""
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    async with a_wire(lambda _: moved) as wire:
        answer = await outcome_of(get(wire.url))
    assert (answer["code"], answer["headers"]["Location"]) == (302, "/elsewhere")
    assert len(wire.heads) == 1


async def test_cookies_of_one_answer_are_not_sent_with_the_next_call() -> None:
    cookie = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 0\r\n\r\n"
    async with a_wire(lambda _: cookie) as wire:
        url = wire.url.replace("127.0.0.1", "localhost")  # cookies of an address are not kept by anybody
        await outcome_of(get(url), get(url))
    assert ["cookie" in wire.headers(number) for number in (0, 1)] == [False, False]


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_wire() as proxy, a_wire() as wire:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert (await outcome_of(get(wire.url)))["code"] == 200
    assert (len(proxy.heads), len(wire.heads)) == (0, 1)


async def test_no_header_is_added_but_those_that_the_service_documents_and_http_needs() -> None:
    async with a_wire() as wire:
        await outcome_of(get(wire.url, headers={"Accept": "text/x"}), {"method": "POST", "url": wire.url, "body": {}})
    http = {"host": wire.url.removeprefix("http://")}
    assert wire.headers(0) == {**http, "user-agent": AGENT, "accept": "text/x"}
    content = {"content-type": "application/json; charset=utf-8", "content-length": "2"}
    assert wire.headers(1) == {**http, **content, "user-agent": AGENT}


async def test_what_the_workflow_says_about_the_length_of_the_body_or_about_waiting_for_it_is_not_sent() -> None:
    headers = {"content-length": "7", "Transfer-Encoding": "chunked", "Expect": "100-continue"}
    async with a_wire() as wire:
        answer = await outcome_of({"method": "POST", "url": wire.url, "body": "x", "headers": headers})
    assert answer["code"] == 200
    assert wire.bodies == [b'"x"']
    assert not {"transfer-encoding", "expect"} & wire.headers().keys()


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("/a%2Fb/c%20d%2fe", "/a%2Fb/c%20d%2fe"),
        ("/a/../b/./c//d", "/a/../b/./c//d"),
        ("/%41%7e~", "/%41%7e~"),
        ("/x?q=a+b%2Bc%20d&e=&&f", "/x?q=a+b%2Bc%20d&e=&&f"),
        ("/x?next=http://h/?a=b", "/x?next=http://h/?a=b"),
        ("/x;p=1/@:!$&'()*,", "/x;p=1/@:!$&'()*,"),
        ("?q=1", "/?q=1"),
        ("/x#fragment", "/x"),
        # what cannot be sent as it is
        ("/é/ü d?q=é f", "/%C3%A9/%C3%BC%20d?q=%C3%A9%20f"),
        ('/{a}|"<>`\\^', "/%7Ba%7D%7C%22%3C%3E%60%5C%5E"),
    ],
)
async def test_a_url_is_sent_as_it_was_computed(given: str, line: str) -> None:
    async with a_wire() as wire:
        assert (await outcome_of(get(wire.url + given)))["code"] == 200
    assert wire.first_lines == [f"GET {line} HTTP/1.1"]


@pytest.mark.parametrize("service", ["storage", "us-central1-aiplatform", "run.us-east1.rep"])
async def test_the_clouds_own_hosts_are_found_where_something_stands_in_for_them(service: str) -> None:
    async with a_wire() as wire:
        await outcome_of(get(f"https://{service}.googleapis.com/v1/a%2Fb?c=%20"), base_url=wire.url)
    assert wire.first_lines == ["GET /v1/a%2Fb?c=%20 HTTP/1.1"]


async def test_user_and_password_of_a_url_are_sent_unless_the_workflow_gives_a_header() -> None:
    async with a_wire() as wire:
        url = wire.url.replace("//", "//me:p%40ss@")
        await outcome_of(get(url), get(url, headers={"authorization": "mine"}))
    assert [wire.headers(number)["authorization"] for number in (0, 1)] == ["Basic bWU6cEBzcw==", "mine"]


@pytest.mark.parametrize("host", ["exa mple", "a]b", "h:99999"])
async def test_a_url_with_an_impossible_host_is_a_value_error(host: str) -> None:
    """Source: Workflows, http.get: "ValueError: If the URL is invalid"."""
    assert await outcome_of(get(f"http://{host}/")) == "ValueError"


async def test_an_answer_that_came_compressed_is_read() -> None:
    """unsure: nobody asked for it."""
    body = gzip.compress(b"[1]")
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
    async with a_wire(lambda _: f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body) as wire:
        assert (await outcome_of(get(wire.url)))["body"] == [1]


async def test_of_an_answer_that_is_too_large_no_more_is_read_than_shows_that() -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + bytes(MAX_RESPONSE_BYTES + 1)
    async with a_wire(lambda _: begun) as wire:  # the rest never comes: whoever waits for it runs into the time-out
        assert await outcome_of(get(wire.url)) == "ResourceLimitError"
