"""The issuer's certificates by their key ids: fetched when needed, cached, one fetch for all who wait.

Called by caller.py.  Source: Google, "Validating an ID token": "{key id: X.509 certificate}", kept as long as
Cache-Control says.  google-auth would fetch in a blocking thread, once for each call.
"""

import asyncio
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from service.kept_connections import Answer, Server

FETCH_WITHIN_S = 3.0  # DNS, connection, TLS, head and body together; usually a tenth of that
PAUSE_S = 1.0  # after a fetch that failed
# A key that is missing in a younger set does not exist: issuers publish a key before they use it.
REFETCH_AFTER_S = 60.0
MAX_STALE_S = 86_400.0  # how long the last certificates are used while a fetch fails; Google uses a key for days
_MAX_BYTES = 256 * 1024  # Google's answer has 3,000
_HEADERS = {"Accept": "application/json", "Connection": "close"}
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
        parts = urlsplit(url)
        self._server = Server(f"{parts.scheme}://{parts.netloc}", most_kept=0)  # there is one call in an hour
        self._path = parts.path or "/"
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
                answer = await self._server.call("GET", self._path, _HEADERS)
            found = _certificates(answer)
        except (OSError, ValueError):  # OSError: also TimeoutError and ssl.SSLError
            self._paused_until_s = self._now_s() + PAUSE_S
            return None
        self._known = _CertificateSet(found, asked_at_s, asked_at_s + _fresh_s(answer.headers))
        return self._known


def _certificates(answer: Answer) -> dict[str, str]:
    """The certificates by key id.  Raises ValueError if the answer is anything else."""
    if answer.status != 200:
        raise ValueError(f"status {answer.status}")
    if len(answer.body) > _MAX_BYTES:
        raise ValueError("the answer is too large")
    try:
        found = json.loads(answer.body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict) or not found or not all(isinstance(one, str) for one in found.values()):
        raise ValueError("no JSON object of certificates")
    return found


def _fresh_s(headers: Mapping[str, str]) -> float:
    found, age = _MAX_AGE.search(headers.get("cache-control", "")), headers.get("age", "0")
    if found is None:
        return _DEFAULT_FRESH_S
    return max(float(found[1]) - (float(age) if age.isdecimal() else 0.0), REFETCH_AFTER_S)
