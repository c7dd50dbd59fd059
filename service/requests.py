"""Reading a client's request: a body up to a size, a header that came once.  Used by ingress and steps."""

from starlette.datastructures import Headers
from starlette.requests import Request


class BodyTooLarge(Exception):
    """Raised when a body is larger than allowed; the rest of it is not read."""


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The whole body.  Raises BodyTooLarge; starlette's ClientDisconnect if the rest does not come in time."""
    if int(request.headers.get("Content-Length", "0")) > max_bytes:
        raise BodyTooLarge
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > max_bytes:
            raise BodyTooLarge
    return bytes(body)


def header(headers: Headers, name: str) -> str | None:
    """The header's value.  Two values are joined, so that neither is valid: another reader could take the other one."""
    values = headers.getlist(name)
    return ",".join(values) if values else None


def arrived_s(request: Request) -> float:
    """The instant of the request's first byte, on the clock of time.monotonic()."""
    instant: float = request.scope["state"]["arrived_s"]
    return instant
