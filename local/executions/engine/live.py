"""The live driver: performs the effects of a workflow with asyncio."""

import asyncio
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import aiohttp

from local.data.disk import retry_until_written
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.journal import Journal
from local.executions.engine.stubs import Stubs
from local.executions.engine.turns import Turns
from local.http.hosts import to_local
from local.http.outgoing import send_once
from local.workflows.effects import (
    Auth,
    AwaitCallback,
    ConnectorCall,
    CreateCallback,
    HttpCall,
    HttpFailure,
    HttpResponse,
    Leaf,
    Log,
    NewUuid,
    Now,
    Outcome,
    Run,
    Sleep,
    Value,
)
from local.workflows.errors import WorkflowError
from local.workflows.limits import MAX_RESPONSE_BYTES

PerformEffect = Callable[[Leaf], Awaitable[Outcome]]


async def drive(run: Run, perform: PerformEffect, journal: Journal | None = None, turns: Turns | None = None) -> Value:
    """Run to the end: perform every effect and send its outcome to the run.

    With a journal, recorded outcomes are replayed first.  Runs that share `turns` block the event loop no longer than
    one alone.  Raises WorkflowError; DiskUnavailable if the journal cannot be read, JournalDiffers if it does not fit.
    """
    turns = turns or Turns()
    branches = turns.begin(run)
    await turns.settle(branches)
    if journal is not None:
        await journal.replay(branches, turns)
    parallel: _Parallel | None = None
    try:
        while branches.ended is None:
            if len(branches.pending) == 1 and not parallel:
                ((number, effect),) = branches.pending.items()
                outcomes = [(number, effect, await outcome_of(perform, effect))]
            else:
                parallel = _Parallel(perform) if parallel is None else parallel
                outcomes = await parallel.next_outcomes(branches.pending)
            if journal is not None:
                await journal.record(outcomes)
            for number, _, outcome in outcomes:
                await turns.resume(branches, number, outcome)
            del outcome, outcomes  # an answer has up to 2 MB, and the next effect may be a sleep of a day
    finally:
        if parallel is not None:
            parallel.cancel()
    if branches.ended.error is not None:
        raise branches.ended.error
    return branches.ended.value


class _Parallel:
    """The effects of parallel branches, which are performed at the same time.  True while there are some."""

    def __init__(self, perform: PerformEffect) -> None:
        self._perform = perform
        self._performing: dict[int, asyncio.Task[Outcome | WorkflowError]] = {}
        self._ended: asyncio.Queue[tuple[int, Leaf]] = asyncio.Queue()

    def __bool__(self) -> bool:
        return bool(self._performing)

    async def next_outcomes(self, pending: Mapping[int, Leaf]) -> list[tuple[int, Leaf, Outcome | WorkflowError]]:
        """Begin what is new in pending; return the next outcomes, in the order in which they came."""
        for number, effect in pending.items():
            if number not in self._performing:
                task = self._performing[number] = asyncio.create_task(outcome_of(self._perform, effect))
                task.add_done_callback(lambda _, ended=(number, effect): self._ended.put_nowait(ended))  # type: ignore[misc]
        found = [await self._ended.get()]
        while not self._ended.empty():
            found.append(self._ended.get_nowait())
        return [(number, effect, self._performing.pop(number).result()) for number, effect in found]

    def cancel(self) -> None:
        for task in self._performing.values():
            task.cancel()


async def outcome_of(perform: PerformEffect, effect: Leaf) -> Outcome | WorkflowError:
    """Perform an effect; a WorkflowError is its outcome too."""
    try:
        return await perform(effect)
    except WorkflowError as error:
        return error


class LivePerformer:
    """Performs single effects.  session is an outgoing_session(); base_url replaces the hosts of the cloud.

    tokens gives the token for an HTTP call's auth.  stubs answer the connectors that are not served here.  callbacks
    creates the callback addresses of `execution`, a full name.
    """

    __slots__ = (
        "_base_url",
        "_callbacks",
        "_execution",
        "_log",
        "_now_s",
        "_session",
        "_sleep",
        "_stubs",
        "_tokens",
    )

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: Callable[[Auth], str],
        base_url: str,
        log: Callable[[Value, str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_s: Callable[[], float] = time.time,
        stubs: Stubs | None = None,
        callbacks: Callbacks | None = None,
        execution: str = "",
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._base_url = base_url
        self._log = log
        self._sleep = sleep
        self._now_s = now_s
        self._stubs = stubs or Stubs()
        self._callbacks = callbacks
        self._execution = execution

    async def perform(self, effect: Leaf) -> Outcome:
        match effect:
            case HttpCall():
                return await self._call(effect)
            case Sleep(seconds=seconds):
                await self._sleep(seconds)
                return None
            case AwaitCallback(url=url, timeout_s=timeout_s) if self._callbacks:
                try:
                    return await self._callbacks.wait(url, timeout_s)
                except KeyError:
                    raise WorkflowError.tagged("ValueError", f"{url!r} is no callback of a running execution") from None
            case CreateCallback():
                return await retry_until_written(partial(self.at_once, effect))
            case _:
                return self.at_once(effect)

    def at_once(self, effect: Leaf) -> Outcome:
        """Perform an effect that takes no time."""
        match effect:
            case Now():
                return self._now_s()
            case NewUuid():
                return str(uuid.uuid4())
            case Log(data=data, severity=severity):
                self._log(data, severity)
                return None
            case ConnectorCall(name=name):
                return self._stubs.answer(name)
            case CreateCallback(method=method) if self._callbacks:
                return self._callbacks.create(self._execution, method)
            case _:
                raise WorkflowError.tagged("SystemError", f"{type(effect).__name__} is not served here")

    async def _call(self, call: HttpCall) -> HttpResponse | HttpFailure:
        headers = dict(call.headers)
        if call.auth is not None:
            headers["Authorization"] = f"Bearer {self._tokens(call.auth)}"
        url = to_local(call.url, self._base_url)
        try:
            async with send_once(self._session, call.method, url, headers, call.body, call.timeout_s) as answer:
                return HttpResponse(answer.status, dict(answer.headers), await _read(answer.content))
        except TimeoutError:
            return HttpFailure("TimeoutError", f"no answer within {call.timeout_s:g} s")
        except aiohttp.ClientConnectorError as error:
            message = f"cannot connect to {error.host}:{error.port}: {_reason(error)}"
            if url != call.url:
                message += f"; nothing listens at {self._base_url}, which stands in for the cloud: start `mando up`"
                message += ", or give a connector's answer with `mando run --stub FILE`"
            return HttpFailure("ConnectionFailedError", message)
        except (aiohttp.ClientError, OSError) as error:
            return HttpFailure("ConnectionError", f"the connection broke: {error or type(error).__name__}")
        except ValueError as error:
            raise WorkflowError.tagged("ValueError", f"invalid url: {call.url!r}, {error}") from None


def _reason(error: aiohttp.ClientConnectorError) -> str:
    """The reason alone: aiohttp's own text repeats the address."""
    number = error.os_error.errno
    return os.strerror(number) if number and number > 0 else str(error.os_error.strerror or error.os_error)


async def _read(content: aiohttp.StreamReader) -> bytes:
    """The whole body; if it is larger than a workflow may take, just enough to exceed the limit."""
    read = bytearray()
    while len(read) <= MAX_RESPONSE_BYTES and (part := await content.readany()):
        read += part
    return bytes(read)
