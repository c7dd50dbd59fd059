"""How a session of requests keeps its connections to one host, and where it learns of a proxy.

Source: requests, "Transport Adapters", "Proxies" and "SSL Cert Verification"; for google-cloud-storage python-storage,
issue 253.
"""

import functools
import os
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies


def keep_connections(session: requests.Session, calls_at_once: int) -> None:
    """One for each call at once.  Else it keeps 10, and every further call makes one and closes it.

    The environment's proxies and certificates are read once: requests reads all of the environment for every call, and
    a .netrc file, which takes it a third of its time.  No .netrc may replace our Authorization anyway.
    """
    adapter = _ProxiesReadOnce(pool_maxsize=calls_at_once)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


class _ProxiesReadOnce(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        scheme, host, *_ = urlsplit(request.url or "")
        return super().send(request, *args, **{**kwargs, "proxies": _proxies(f"{scheme}://{host}")})


@functools.cache
def _proxies(url: str) -> dict[str, str]:
    """Of the environment, NO_PROXY included."""
    return get_environ_proxies(url, None)
