"""Parses multipart/related as it arrives: one part of JSON, then one part of bytes.  No I/O.

Called by rest_uploads.py.  gcloud ends lines with LF and the Python client with CRLF, so the first line decides.  The
one line end before the closing boundary belongs to the boundary.  Source: RFC 2046, RFC 2387.
"""

import json
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from local.storage.errors import StorageError, invalid

_HEAD_LIMIT_BYTES = 1 << 18


class RelatedReader:
    """feed() gets the body piece by piece and yields the bytes of the second part.  Raises StorageError(400).

    resource: the JSON of the first part; content_type: that of the second part, None if it has none.
    """

    def __init__(self, boundary: str) -> None:
        self._dashed = b"--" + boundary.encode()
        self._delimiter = b""
        self._buffer = bytearray()
        self._done = False
        self._in_content = False
        self.resource: dict[str, Any] = {}
        self.content_type: str | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._done:
            return
        self._buffer += data
        if not self._in_content and not self._read_head():
            if len(self._buffer) > _HEAD_LIMIT_BYTES:
                raise invalid(f"The metadata part is longer than {_HEAD_LIMIT_BYTES} bytes.")
            return
        end = self._buffer.find(self._delimiter)
        if end >= 0:
            self._done = True
        else:
            end = max(0, len(self._buffer) - len(self._delimiter) + 1)
        if end:
            yield bytes(self._buffer[:end])
            del self._buffer[:end]

    def finish(self) -> None:
        """Call it at the end of the body.  Raises StorageError(400) if the second part was not closed."""
        if not self._done:
            raise _malformed("the body ends before its closing boundary")

    def _read_head(self) -> bool:
        """Parse and remove everything before the content from the buffer.  False if more bytes are needed."""
        start = self._buffer.find(self._dashed)
        line_end = self._buffer.find(b"\n", start)
        if -1 in (start, line_end):
            return False
        newline = b"\r\n" if self._buffer[line_end - 1 : line_end] == b"\r" else b"\n"
        delimiter = newline + self._dashed
        first_end = self._buffer.find(delimiter, line_end)
        if first_end == -1:
            return False
        content_head = self._buffer.find(newline, first_end + len(delimiter))
        # The empty line after the headers; with no header at all it follows the boundary's own line at once.
        content = self._buffer.find(newline * 2, content_head)
        if -1 in (content_head, content):
            return False
        self.resource = parse_resource(_body(bytes(self._buffer[line_end + 1 : first_end]), newline))
        headers = BytesHeaderParser().parsebytes(bytes(self._buffer[content_head + len(newline) : content]))
        self.content_type = headers.get("Content-Type")
        del self._buffer[: content + len(newline) * 2]
        self._delimiter = delimiter
        self._in_content = True
        return True


def boundary_of(content_type: str) -> str:
    """The boundary that a Content-Type header names, in quotes or not.  Raises StorageError(400)."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/related" or not boundary:
        raise _malformed(f"expected Content-Type multipart/related with a boundary, got {content_type!r}")
    # gcloud quotes it as Python prints a string: boundary='===…=='
    return boundary[1:-1] if len(boundary) > 2 and boundary[0] == boundary[-1] == "'" else boundary


def parse_resource(body: bytes) -> dict[str, Any]:
    """A JSON object; an empty body is an empty one.  Raises StorageError(400)."""
    if not body.strip():
        return {}
    try:
        parsed = json.loads(body)
        # Refuses half a surrogate pair, NaN and 1e999.
        json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise StorageError(400, "parseError", "Parse Error") from None
    if not isinstance(parsed, dict):
        raise StorageError(400, "parseError", "Parse Error")
    return parsed


def _body(part: bytes, newline: bytes) -> bytes:
    """What follows its headers, if it has any."""
    return part[len(newline) :] if part.startswith(newline) else part.partition(newline * 2)[2]


def _malformed(what: str) -> StorageError:
    return StorageError(400, "badRequest", f"Malformed multipart body: {what}.")
