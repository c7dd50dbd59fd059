"""An attempt of a task as its target gets it: over real sockets, byte by byte."""

from local.http.outgoing import outgoing_session
from local.tasks.sender import Sender
from local.tasks.task import AttemptResult, HttpRequest, Task
from tests.issuer import issuer
from tests.tasks.face import QUEUE
from tests.wire import OK, a_wire


async def sent(request: HttpRequest) -> AttemptResult:
    async with outgoing_session() as session:
        sender = Sender(session, issuer(), "http://127.0.0.1:1")
        return await sender.send(Task(1, QUEUE, "t", request, created_s=0.0, schedule_s=0.0))


async def test_an_attempt_whose_connection_breaks_was_sent_once() -> None:
    async with a_wire(lambda _: b"") as wire:
        result = await sent(HttpRequest(wire.url, method="GET"))
    assert (result.status, len(wire.heads)) == (None, 1)


async def test_host_and_agent_are_the_services_own_in_whatever_case_the_task_gives_them() -> None:
    """Source: Cloud Tasks v2, HttpRequest.headers."""
    headers = {"HOST": "elsewhere.example", "user-agent": "mine", "x-mine": "1"}
    async with a_wire() as wire:
        await sent(HttpRequest(wire.url, headers=headers))
    got = wire.headers()
    assert (got["host"], got["user-agent"], got["x-mine"]) == (wire.url[7:], "Google-Cloud-Tasks", "1")


async def test_a_redirect_is_followed_within_the_attempt() -> None:
    """Source: Cloud Tasks v2, HttpRequest.url."""

    def answer(_: int) -> bytes:
        first = len(wire.heads) == 1
        return b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n" if first else OK

    async with a_wire(answer) as wire:
        result = await sent(HttpRequest(f"{wire.url}/here"))
    assert (result.status, wire.first_lines) == (200, ["POST /here HTTP/1.1", "POST /there HTTP/1.1"])
