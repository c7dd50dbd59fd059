"""Reads the body of a request: JSON, or multipart with payload_json and the files files[0], files[1], …

Source: Discord, "Uploading Files".
"""

import asyncio
import io
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import PIL.Image
from aiohttp import BodyPartReader, web

from local.discord.errors import DiscordError, invalid_json, parse_json_object, read_json_object, too_large
from local.discord.forms.form import safe_filename

MOST_FILE_BYTES = 10 * 1024 * 1024
MOST_REQUEST_BYTES = 25 * 1024 * 1024
_FILE = re.compile(r"files\[([0-9]{1,2})\]")
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file; width and height (pixels) are None if it is not a picture that Discord shows."""

    filename: str
    content_type: str
    content: bytes
    width: int | None
    height: int | None


async def read_body(request: web.Request) -> tuple[dict[str, Any], Mapping[str, Upload]]:
    """The JSON, and the files by their number.  Raises DiscordError: 400/50109, 413/40005."""
    if not request.content_type.startswith("multipart/"):
        return await read_json_object(request), {}
    try:
        payload, files = await _parts(request)
    except (ValueError, AssertionError, RuntimeError):  # what aiohttp raises for a malformed body
        raise DiscordError(400, 0, "400: Bad Request") from None
    uploads = {
        number: await asyncio.to_thread(_upload, filename, content) for number, (filename, content) in files.items()
    }
    return parse_json_object(payload), uploads


async def _parts(request: web.Request) -> tuple[bytes, dict[str, tuple[str, bytes]]]:
    payload, files, left = b"{}", {}, MOST_REQUEST_BYTES
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise invalid_json()
        name = part.name or ""
        content = await _read(part, min(left, MOST_FILE_BYTES))
        left -= len(content)
        if name == "payload_json":
            payload = content
        elif match := _FILE.fullmatch(name):
            files[match[1]] = (safe_filename(part.filename or "unknown"), content)
    return payload, files


async def _read(part: BodyPartReader, most: int) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > most:
            raise too_large()
    return bytes(content)


def _upload(filename: str, content: bytes) -> Upload:
    """The type is found in the bytes: a filename does not make a file a picture."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PIL.Image.DecompressionBombWarning)  # only the size is read here
            with PIL.Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
                return Upload(filename, PIL.Image.MIME[picture.format or ""], content, *picture.size)
    except Exception:  # a garbled picture makes Pillow raise almost anything
        return Upload(filename, "application/octet-stream", content, None, None)
