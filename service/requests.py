"""What a client sent, read with care: a body up to a size, a header that is there once.  Used by ingress and steps."""

from starlette.datastructures import Headers
from starlette.requests import Request


class BodyTooLarge(Exception):
    """Raised when a body is larger than it may be; what came beyond it was not kept."""


async def read_body(request: Request, most_bytes: int) -> bytes:
    """The whole body.  Raises BodyTooLarge; starlette's ClientDisconnect where the rest does not come in time."""
    if int(request.headers.get("Content-Length", "0")) > most_bytes:
        raise BodyTooLarge
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise BodyTooLarge
    return bytes(body)


def header(headers: Headers, name: str) -> str | None:
    """Its value.  Of a header that is there twice both, which is then neither: two readers may take different ones."""
    values = headers.getlist(name)
    return ",".join(values) if values else None


def arrived_s(request: Request) -> float:
    """When its first byte came, on the clock of time.monotonic()."""
    instant: float = request.scope["state"]["arrived_s"]
    return instant
