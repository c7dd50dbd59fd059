"""Processes on one listening socket: here each is a thread with an event loop and a door of its own."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from threading import Thread

import pytest

from service.sharing import Door


class Process:
    """Notes which connections it took; each gets its name and the end."""

    def __init__(self, name: str, listening: socket.socket) -> None:
        self.door, self.loop = Door(), asyncio.new_event_loop()
        self._name, self._listening = name, listening
        self._thread = Thread(target=self.loop.run_forever)

    def start(self) -> None:
        self._thread.start()
        self._call(lambda: self.door.open([self._listening], lambda: Says(self._name)))

    def end(self) -> None:
        self._call(self.door.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def _call(self, work: object) -> None:
        async def called() -> None:
            work()  # type: ignore[operator]

        asyncio.run_coroutine_threadsafe(called(), self.loop).result(5)


class Says(asyncio.Protocol):
    def __init__(self, name: str) -> None:
        self._name = name

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._name.encode())
        transport.close()


@pytest.fixture
def processes() -> Iterator[tuple[Process, Process, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        both = Process("a", listening), Process("b", listening)
        for process in both:
            process.start()
        try:
            yield *both, listening.getsockname()[1]
        finally:
            for process in both:
                process.end()


def who_answers(port: int, timeout_s: float = 5) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout_s) as client:
        return client.recv(1).decode()


def test_while_one_computes_the_other_takes_the_connections(processes: tuple[Process, Process, int]) -> None:
    first, second, port = processes
    for busy, idle in ((first, "b"), (second, "a")):
        with busy.door.computing():
            answers = []
            for _ in range(20):
                answers.append(who_answers(port))
                time.sleep(0.005)  # else the idle one may still be busy with the last connection
            assert answers.count(idle) > 15


def test_a_connection_is_taken_although_all_compute(processes: tuple[Process, Process, int]) -> None:
    """It may be a reply, which needs no computation."""
    first, second, port = processes
    with first.door.computing(), second.door.computing():
        assert who_answers(port) in "ab"


def test_connections_that_come_at_once_are_shared(processes: tuple[Process, Process, int]) -> None:
    """asyncio itself takes all that wait, whoever else is idle."""
    *_, port = processes
    with contextlib.ExitStack() as open_ones:
        clients = [open_ones.enter_context(socket.create_connection(("127.0.0.1", port), 5)) for _ in range(60)]
        answers = [client.recv(1) for client in clients]
    assert min(answers.count(name) for name in (b"a", b"b")) > 15


def test_one_computes_at_a_time_in_a_process() -> None:
    door, now, most = Door(), 0, 0

    def compute() -> None:
        nonlocal now, most
        for _ in range(20):
            with door.computing():
                now += 1
                most = max(most, now)
                time.sleep(0.0005)  # the other threads run
                now -= 1

    threads = [Thread(target=compute) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_process_that_has_closed_its_door_takes_nothing(processes: tuple[Process, Process, int]) -> None:
    first, _, port = processes
    first._call(first.door.close)
    assert [who_answers(port) for _ in range(20)] == ["b"] * 20
