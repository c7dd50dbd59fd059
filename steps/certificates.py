"""The issuer's certificates by their key ids: fetched when needed, cached, one fetch for all who wait.

Called by caller.py.  Source: Google, "Validating an ID token": "{key id: X.509 certificate}", kept as long as
Cache-Control says.  google-auth would fetch in a blocking thread, once for each call.
"""

import asyncio
import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import certifi
import h11

FETCH_WITHIN_S = 3.0  # DNS, connection, TLS, head and body together; usually a tenth of that
PAUSE_S = 1.0  # after a fetch that failed
# A key that is missing in a younger set does not exist: issuers publish a key before they use it.
REFETCH_AFTER_S = 60.0
MAX_STALE_S = 86_400.0  # how long the last certificates are used while a fetch fails; Google uses a key for days
_MAX_BYTES = 256 * 1024  # Google's answer has 3,000
_DEFAULT_FRESH_S = 300.0
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")
_KEY_ID = re.compile(r"[A-Za-z0-9_.~=-]{1,200}")  # Google's have 40 hexadecimal digits


class CertificatesUnavailable(Exception):
    """Raised when the certificates cannot be fetched now; the token may be valid."""


@dataclass(frozen=True, slots=True)
class _CertificateSet:
    """fetched_at_s and fresh_until_s are instants of the clock."""

    by_key_id: Mapping[str, str]
    fetched_at_s: float
    fresh_until_s: float


class Certificates:
    """The cached certificates; one fetch at a time.  Belongs to one event loop; now_s only goes forward."""

    def __init__(self, url: str, now_s: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._now_s = now_s
        self._known: _CertificateSet | None = None
        self._fetching: asyncio.Task[_CertificateSet | None] | None = None
        self._paused_until_s = float("-inf")

    async def find(self, key_id: object) -> str | None:
        """The certificate in PEM; None where the issuer has no such key.  Raises CertificatesUnavailable."""
        if not isinstance(key_id, str) or not _KEY_ID.fullmatch(key_id):
            return None
        known, now_s = self._known, self._now_s()
        if known is not None and key_id in known.by_key_id and now_s < known.fetched_at_s + MAX_STALE_S:
            if now_s >= known.fresh_until_s:
                self._ensure_fetching()  # nobody waits for this fetch
            return known.by_key_id[key_id]
        if known is not None and now_s < known.fetched_at_s + REFETCH_AFTER_S:
            return None
        fetching = self._ensure_fetching()
        fetched = await asyncio.shield(fetching) if fetching is not None else None
        if fetched is None:
            raise CertificatesUnavailable
        return fetched.by_key_id.get(key_id)

    def _ensure_fetching(self) -> asyncio.Task[_CertificateSet | None] | None:
        """The running fetch, or a new one; None within PAUSE_S after a fetch that failed."""
        if self._fetching is None or self._fetching.done():
            if self._now_s() < self._paused_until_s:
                return None
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> _CertificateSet | None:
        """The new certificates, which are cached; None if the fetch failed."""
        asked_at_s = self._now_s()
        try:
            async with asyncio.timeout(FETCH_WITHIN_S):
                head, body = await _get(self._url)
            found = _certificates(head, body)
        except (OSError, ValueError, h11.ProtocolError):  # OSError: also TimeoutError and ssl.SSLError
            self._paused_until_s = self._now_s() + PAUSE_S
            return None
        self._known = _CertificateSet(found, asked_at_s, asked_at_s + _fresh_s(head))
        return self._known


def _certificates(head: h11.Response, body: bytes) -> dict[str, str]:
    """The certificates by key id.  Raises ValueError if the answer is anything else."""
    if head.status_code != 200:
        raise ValueError(f"status {head.status_code}")
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict) or not found or not all(isinstance(one, str) for one in found.values()):
        raise ValueError("no JSON object of certificates")
    return found


def _fresh_s(head: h11.Response) -> float:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    found, age = _MAX_AGE.search(headers.get("cache-control", "")), headers.get("age", "0")
    if found is None:
        return _DEFAULT_FRESH_S
    return max(float(found[1]) - (float(age) if age.isdecimal() else 0.0), REFETCH_AFTER_S)


async def _get(url: str) -> tuple[h11.Response, bytes]:
    """One GET on a connection of its own, without redirects.  Raises OSError, ValueError or h11.ProtocolError."""
    parts = urlsplit(url)
    tls = ssl.create_default_context(cafile=certifi.where()) if parts.scheme == "https" else None
    port = parts.port or (443 if tls else 80)
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls)
    try:
        connection = h11.Connection(h11.CLIENT)
        headers = [("Host", parts.netloc), ("Accept", "application/json"), ("Connection", "close")]
        asked = h11.Request(method="GET", target=parts.path or "/", headers=headers)
        for event in (asked, h11.EndOfMessage()):
            writer.write(connection.send(event) or b"")
        return await _answer(connection, reader)
    finally:
        writer.close()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[h11.Response, bytes]:
    """Head and body.  If the connection closes before the end, h11 raises ProtocolError."""
    head, body = None, bytearray()
    while True:
        event = connection.next_event()
        match event:
            case h11.NEED_DATA:
                connection.receive_data(await reader.read(_MAX_BYTES))
            case h11.Response():
                head = event
            case h11.Data():
                body += event.data
                if len(body) > _MAX_BYTES:
                    raise ValueError("the answer is too large")
            case h11.EndOfMessage() if head is not None:
                return head, bytes(body)
