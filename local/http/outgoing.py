"""Sends one HTTP request of a workflow or of a task: once, and unchanged.

Called by executions/engine/live and tasks/sender.  A client library retries, keeps cookies, follows redirects, rewrites
URLs and adds headers, and its caller does not notice.  All that is switched off here.
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

# Not encoded in a path or query.  "%" is one of them, so that text that is encoded already stays as it is.
_SAFE_CHARACTERS = "%/?:@!$&'()*+,;=[]~"
# Computed from the body.  Expect is dropped, because some servers never answer "Expect: 100-continue".
_COMPUTED_HEADERS = frozenset({"content-length", "transfer-encoding", "expect"})
_IDLE_S = 0.5  # servers close idle connections after 2 s (gunicorn) or 5 s (uvicorn, Node): stay well below
_NOT_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


class ConnectionBroke(aiohttp.ClientConnectionError):
    """Raised when the connection broke before an answer came; the server may have processed the request.

    is_reset: the server closed the connection before it read our bytes.  A server that has read them closes the
    connection, or dies, with an orderly end of the stream.  Source: RFC 2525, 2.17; RFC 1122, 4.2.2.13.
    """

    @property
    def is_reset(self) -> bool:
        return isinstance(self.__cause__, OSError) and self.__cause__.errno in (errno.ECONNRESET, errno.EPIPE)


class _Connection:
    """The connection that a request used: is_reused where an earlier request had used it."""

    is_reused = False


def outgoing_session() -> aiohttp.ClientSession:
    """A session for send_once.  Calls in quick succession share a connection, which saves more than half of their time.

    A server may close an idle connection at any time.  So a connection that was idle for long is not reused; send_once
    lets the event loop notice closed connections first, and sends a request again if the server has not read it.
    """
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_reuse)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_NOT_ADDED,
        middlewares=[_prevent_resending],
        trace_configs=[trace],
    )


async def _note_reuse(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    if context.trace_request_ctx is not None:  # a request of send_once
        context.trace_request_ctx.is_reused = True


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
    sent = {name: value for name, value in headers.items() if name.lower() not in _COMPUTED_HEADERS}
    address, authorization = _address(url)
    if authorization and not any(name.lower() == "authorization" for name in sent):
        sent["Authorization"] = authorization
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    for _ in range(2):  # the loop looks at its sockets, then handles what it saw: closed connections leave the pool
        await asyncio.sleep(0)
    while True:
        connection = _Connection()
        try:
            answer = await session.request(
                method,
                address,
                data=body,
                headers=sent,
                timeout=timeout,
                allow_redirects=allow_redirects,
                trace_request_ctx=connection,
            )
        except ConnectionBroke as error:
            if not (connection.is_reused and error.is_reset):
                raise
        else:
            break
    async with answer:
        yield answer


async def _prevent_resending(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
    """Replaces the errors after which aiohttp would send an idempotent request again."""
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise ConnectionBroke(type(error).__name__) from error


@lru_cache(maxsize=256)  # loops and polls ask for the same one again
def _address(url: str) -> tuple[URL, str | None]:
    """The URL, encoded only where it must be; and the Authorization header of its user and password."""
    parts = urlsplit(url)
    path, query = quote(parts.path or "/", safe=_SAFE_CHARACTERS), quote(parts.query, safe=_SAFE_CHARACTERS)
    host = URL.build(scheme=parts.scheme, host=parts.hostname or "", port=parts.port)  # a name in Unicode is encoded
    target = f"{host.scheme}://{host.raw_authority}{path}{f'?{query}' if query else ''}"
    if parts.username is None:
        return URL(target, encoded=True), None
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return URL(target, encoded=True), f"Basic {b64encode(user.encode()).decode()}"
