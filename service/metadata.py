"""Access tokens of the account as which a function runs, from the server that each instance on Cloud Run has beside it.

google-auth would do it too, and import cryptography for keys that we have none of: an eighth of what a new instance
needs to start (docs/decisions/080-cloud-tasks-over-rest.md).

Source: Cloud Run, "Container runtime contract": metadata server, K_SERVICE; Compute Engine, "Create and enable service
accounts for instances", access tokens; google-auth, GCE_METADATA_HOST and REFRESH_THRESHOLD.
"""

import asyncio
import json
import os
import time

from service.kept_connections import Server

_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
_FLAVOR = {"Metadata-Flavor": "Google"}
_TIMEOUT_S = 1.0  # it answers within milliseconds
_RENEWED_S = 225.0  # before a token's end; the server has a new one five minutes before


def is_there() -> bool:
    return "K_SERVICE" in os.environ


class AccountToken:
    """The account's token, for many calls of one event loop."""

    def __init__(self) -> None:
        self._server = Server(f"http://{os.environ.get('GCE_METADATA_HOST', 'metadata.google.internal')}", most_kept=0)
        self._lock = asyncio.Lock()
        self._token, self._ends_s = "", 0.0

    async def fresh(self) -> str:
        """Raises OSError, or what a wrong answer of the server causes."""
        async with self._lock:
            now_s = time.monotonic()
            if now_s > self._ends_s - _RENEWED_S:
                async with asyncio.timeout(_TIMEOUT_S):
                    status, body, _ = await self._server.call("GET", _PATH, _FLAVOR)
                if status != 200:
                    raise OSError(f"the metadata server answered {status}")
                found = json.loads(body)
                self._token, self._ends_s = str(found["access_token"]), now_s + float(found["expires_in"])
            return self._token

    def forget(self) -> None:
        """It was refused: the next call asks for another one."""
        self._ends_s = 0.0
