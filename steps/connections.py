"""How many connections to one host a session of requests keeps open.

Source: requests, "Transport Adapters"; for google-cloud-storage python-storage, issue 253.
"""

import requests
from requests.adapters import HTTPAdapter


def keep_connections(session: requests.Session, calls_at_once: int) -> None:
    """One for each call at once.  Else it keeps 10, and every further call makes one and closes it."""
    adapter = HTTPAdapter(pool_maxsize=calls_at_once)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
