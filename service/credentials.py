"""Access tokens where no metadata server is known to be: on App Engine, and on a host with credentials, by google-auth.

A function does without these imports, an eighth of its start.
"""

import asyncio

import google.auth
import google.auth.exceptions
from google.auth.credentials import Credentials
from google.auth.transport.requests import Request

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


class DefaultToken:
    """The token of the credentials that google-auth finds, for many calls of one event loop."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._credentials: Credentials | None = None

    async def fresh(self) -> str:
        """Raises OSError."""
        async with self._lock:
            if self._credentials is None or not self._credentials.valid:
                try:
                    self._credentials = await asyncio.to_thread(_refreshed, self._credentials)
                except google.auth.exceptions.GoogleAuthError as error:
                    raise OSError(f"no access token: {error}") from None
            return str(self._credentials.token)

    def forget(self) -> None:
        """It was refused: the next call asks for another one."""
        if self._credentials is not None:
            self._credentials.token = None


def _refreshed(credentials: Credentials | None) -> Credentials:
    """The first call finds them.  It blocks."""
    found: Credentials = credentials or google.auth.default(scopes=[_SCOPE])[0]
    if not found.valid:
        found.refresh(Request())
    return found
