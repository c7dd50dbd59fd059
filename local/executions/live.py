"""Drives a workflow for real: performs its effects with asyncio."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping

import aiohttp

from local.executions.callbacks import Callbacks
from local.hosts import to_local
from local.workflows.effects import (
    Answer,
    Auth,
    AwaitCallback,
    BranchOutcome,
    ConnectorCall,
    CreateCallback,
    Fork,
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
from local.workflows.limits import MAX_PARALLEL

Perform = Callable[[Leaf], Awaitable[Outcome]]


async def drive(run: Run, perform: Perform) -> Value:
    """Run to the end: every effect is performed and its outcome sent, and a WorkflowError of it raised in the run.

    Raises WorkflowError.
    """
    return await _drive(run, perform, asyncio.Semaphore(MAX_PARALLEL), in_branch=False)


async def _drive(run: Run, perform: Perform, places: asyncio.Semaphore, *, in_branch: bool) -> Value:
    """in_branch: the run holds one of the places, and gives it up while it waits for branches of its own."""
    outcome: Outcome = None
    failure: WorkflowError | None = None
    try:
        while True:
            effect = run.send(outcome) if failure is None else run.throw(failure)
            outcome, failure = None, None
            try:
                if not isinstance(effect, Fork):
                    outcome = await perform(effect)
                elif in_branch:
                    places.release()
                    try:
                        outcome = await _fork(effect, perform, places)
                    finally:
                        await places.acquire()
                else:
                    outcome = await _fork(effect, perform, places)
            except WorkflowError as error:
                failure = error
    except StopIteration as end:
        value: Value = end.value
        return value


async def _fork(fork: Fork, perform: Perform, places: asyncio.Semaphore) -> tuple[BranchOutcome, ...]:
    own = asyncio.Semaphore(fork.concurrency_limit or len(fork.branches) or 1)

    async def branch(run: Run) -> BranchOutcome:
        async with own, places:
            try:
                return BranchOutcome(value=await _drive(run, perform, places, in_branch=True))
            except WorkflowError as error:
                return BranchOutcome(error=error)

    return tuple(await asyncio.gather(*map(branch, fork.branches)))


class LivePerformer:
    """Performs single effects.  tokens gives what an HTTP call's auth asks for; base_url stands in for the cloud.

    stubs are the answers of connectors that nothing here serves, by name.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: Callable[[Auth], str],
        base_url: str,
        log: Callable[[Value, str], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_s: Callable[[], float] = time.time,
        stubs: Mapping[str, Value] | None = None,
        callbacks: Callbacks | None = None,
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._base_url = base_url
        self._log = log
        self._sleep = sleep
        self._now_s = now_s
        self._stubs = stubs or {}
        self._callbacks = callbacks

    async def perform(self, effect: Leaf) -> Outcome:
        match effect:
            case HttpCall():
                return await self._call(effect)
            case Sleep(seconds=seconds):
                await self._sleep(seconds)
                return None
            case Now():
                return self._now_s()
            case NewUuid():
                return str(uuid.uuid4())
            case Log(data=data, severity=severity):
                self._log(data, severity)
                return None
            case ConnectorCall(name=name) if name in self._stubs:
                return Answer(self._stubs[name])
            case ConnectorCall(name=name):
                raise WorkflowError.tagged("SystemError", f"the connector {name} is not served here and has no stub")
            case CreateCallback(method=method) if self._callbacks:
                return self._callbacks.create(method)
            case AwaitCallback(url=url, timeout_s=timeout_s) if self._callbacks:
                try:
                    return await self._callbacks.wait(url, timeout_s)
                except KeyError:
                    raise WorkflowError.tagged("ValueError", f"{url!r} is no callback of this process") from None
            case _:
                raise WorkflowError.tagged("SystemError", f"{type(effect).__name__} is not served here")

    async def _call(self, call: HttpCall) -> HttpResponse | HttpFailure:
        headers = dict(call.headers)
        if call.auth is not None:
            headers["Authorization"] = f"Bearer {self._tokens(call.auth)}"
        try:
            async with self._session.request(
                call.method,
                to_local(call.url, self._base_url),
                data=call.body,
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=call.timeout_s),
                allow_redirects=False,
            ) as answer:
                return HttpResponse(answer.status, dict(answer.headers), await answer.read())
        except TimeoutError:
            return HttpFailure("TimeoutError", f"no answer within {call.timeout_s:g} s")
        except aiohttp.ClientConnectorError as error:
            return HttpFailure("ConnectionFailedError", f"cannot connect: {error.os_error.strerror}")
        except (aiohttp.ClientError, OSError) as error:
            return HttpFailure("ConnectionError", f"the connection broke: {type(error).__name__}")
