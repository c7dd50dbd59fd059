"""One HTTP request of a workflow or of a task: sent once, as it was given.

Called by executions/live and tasks/sender.  A client library does much by itself that those who ask for a call must not
miss: it tries again, keeps cookies, follows redirects, rewrites URLs, adds headers.  All that is switched off here.
"""

import asyncio
import errno
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import lru_cache
from types import SimpleNamespace
from urllib.parse import quote, unquote, urlsplit

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

# What may stand in a path or query as it is, "%" too: what is encoded already stays so.
_AS_IT_IS = "%/?:@!$&'()*+,;=[]~"
# Computed from the body; and nobody is asked whether the body may come, for some servers never answer that.
_OURS = frozenset({"content-length", "transfer-encoding", "expect"})
_IDLE_S = 0.5  # servers close idle connections after 2 s (gunicorn) or 5 s (uvicorn, Node): stay well below
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class ConnectionBroke(aiohttp.ClientConnectionError):
    """Raised when the connection broke before there was an answer; the other side may have done what it was asked.

    is_reset: it was closed over there while our bytes lay unread.  After reading them a program closes, or dies, with
    an orderly end of the stream.  Source: RFC 2525, 2.17; RFC 1122, 4.2.2.13.
    """

    @property
    def is_reset(self) -> bool:
        return isinstance(self.__cause__, OSError) and self.__cause__.errno in (errno.ECONNRESET, errno.EPIPE)


class _Way:
    """How a request went: over a connection that an earlier one had used, or over a new one."""

    shared = False


def outgoing_session() -> aiohttp.ClientSession:
    """Calls that follow each other closely share a connection, which saves more than half of their time.

    A server closes an idle connection when it likes.  So one that was idle for long is not used again; send_once lets
    the event loop see what was closed before it takes one, and sends anew what nobody has read.
    """
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_shared)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_NOT_ADDED,
        middlewares=[_send_once],
        trace_configs=[trace],
    )


async def _note_shared(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    if context.trace_request_ctx is not None:  # a request of send_once
        context.trace_request_ctx.shared = True


@asynccontextmanager
async def send_once(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    timeout_s: float,
    *,
    allow_redirects: bool = False,
) -> AsyncIterator[ClientResponse]:
    """The answer, whatever its status.  session is an outgoing_session().

    Raises ValueError where url names no host, TimeoutError, ConnectionBroke, aiohttp.ClientError and OSError.
    """
    sent = {name: value for name, value in headers.items() if name.lower() not in _OURS}
    address, authorization = _address(url)
    if authorization and not any(name.lower() == "authorization" for name in sent):
        sent["Authorization"] = authorization
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    for _ in range(2):  # the loop looks at its sockets, then handles what it saw: closed connections leave the pool
        await asyncio.sleep(0)
    while True:
        way = _Way()
        try:
            answer = await session.request(
                method,
                address,
                data=body,
                headers=sent,
                timeout=timeout,
                allow_redirects=allow_redirects,
                trace_request_ctx=way,
            )
        except ConnectionBroke as error:
            if not (way.shared and error.is_reset):
                raise
        else:
            break
    async with answer:
        yield answer


async def _send_once(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """aiohttp sends GET, PUT, DELETE and their like again when it sees one of these errors: so it sees another one."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionBroke(type(error).__name__) from error


@lru_cache(maxsize=256)  # loops and polls ask for the same one again
def _address(url: str) -> tuple[URL, str | None]:
    """The URL, with nothing rewritten that can be sent as it is; and the Authorization of its user and password."""
    parts = urlsplit(url)
    path, query = quote(parts.path or "/", safe=_AS_IT_IS), quote(parts.query, safe=_AS_IT_IS)
    host = URL.build(scheme=parts.scheme, host=parts.hostname or "", port=parts.port)  # a name in Unicode is encoded
    target = f"{host.scheme}://{host.raw_authority}{path}{f'?{query}' if query else ''}"
    if parts.username is None:
        return URL(target, encoded=True), None
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return URL(target, encoded=True), f"Basic {b64encode(user.encode()).decode()}"
