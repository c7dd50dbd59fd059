"""The server of ingress and steps: it ends when told, however seldom it wakes, and starts with little to collect."""

import asyncio
import gc
import signal
from collections.abc import Iterator

import pytest
from uvicorn.config import Config
from uvicorn.lifespan.off import LifespanOff

from service import slow_clients
from service.slow_clients import SteadyServer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SteadyServer]:
    monkeypatch.setattr(slow_clients, "_TICK_S", 3600.0)
    young = gc.get_threshold()
    yield SteadyServer(Config("", lifespan="off"))
    gc.unfreeze()
    gc.set_threshold(*young)


async def test_it_ends_at_once_when_it_is_told(server: SteadyServer) -> None:
    looping = asyncio.create_task(server.main_loop())
    await asyncio.sleep(0)  # it waits for its next look
    assert not looping.done()
    server.handle_exit(signal.SIGTERM, None)
    async with asyncio.timeout(60):
        await looping


async def test_what_is_there_when_it_starts_is_not_visited_again(server: SteadyServer) -> None:
    before, there = gc.get_freeze_count(), [list[int]() for _ in range(2000)]
    server.lifespan = LifespanOff(server.config)
    await server.startup([])
    assert gc.get_freeze_count() >= before + len(there)


def test_functions_have_it_too() -> None:
    slow_clients.use_deadlines_in_functions_framework()
    assert slow_clients.uvicorn_worker._workers.Server is SteadyServer  # type: ignore[attr-defined]
