"""Access tokens of the account as which a function runs, from the server that each instance on Cloud Run has beside it.

google-auth would do it too, and import cryptography for keys that we have none of: an eighth of what a new instance
needs to start (docs/decisions/080-cloud-tasks-over-rest.md).

Source: Cloud Run, "Container runtime contract": metadata server, K_SERVICE; Compute Engine, "Create and enable service
accounts for instances", access tokens; google-auth, GCE_METADATA_HOST and REFRESH_THRESHOLD.
"""

import os
import threading
import time
from typing import Any

import requests
from requests.auth import AuthBase

_PATH = "/computeMetadata/v1/instance/service-accounts/default/token"
_FLAVOR = {"Metadata-Flavor": "Google"}
_TIMEOUT_S = 1.0  # it answers within milliseconds
_RENEWED_S = 225.0  # before a token's end; the server has a new one five minutes before


def is_there() -> bool:
    return "K_SERVICE" in os.environ


class AccountToken(AuthBase):
    """Puts the token into each request of a session; many threads may use it."""

    def __init__(self) -> None:
        self._host = os.environ.get("GCE_METADATA_HOST", "metadata.google.internal")
        self._lock = threading.Lock()
        self._token, self._ends_s = "", 0.0

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Raises OSError, or what a wrong answer of the server causes."""
        request.headers["Authorization"] = f"Bearer {self._fresh()}"
        request.register_hook("response", self._forget_refused)  # type: ignore[no-untyped-call]
        return request

    def _fresh(self) -> str:
        with self._lock:
            now_s = time.monotonic()
            if now_s > self._ends_s - _RENEWED_S:
                answer = requests.get(f"http://{self._host}{_PATH}", headers=_FLAVOR, timeout=_TIMEOUT_S)
                answer.raise_for_status()
                found = answer.json()
                self._token, self._ends_s = str(found["access_token"]), now_s + float(found["expires_in"])
            return self._token

    def _forget_refused(self, answer: requests.Response, *_: Any, **__: Any) -> None:
        """The next call asks for another one."""
        if answer.status_code == 401:
            with self._lock:
                self._ends_s = 0.0
