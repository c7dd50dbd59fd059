"""Which address stands in for which host of the cloud.  Used by every driver that makes a call for somebody else."""

import re
from urllib.parse import urlsplit, urlunsplit

_CLOUD_HOSTS = re.compile(r"([\w-]+\.)*googleapis\.com|discord\.com")


def to_local(url: str, base_url: str) -> str:
    """The same path and query at base_url (scheme://host:port) where url names a host that we stand in for, else url.

    Source: a task names https://workflowexecutions.googleapis.com whatever runs it; a service's host may begin with its
    region, us-central1-aiplatform.googleapis.com.
    """
    parts = urlsplit(url)
    if parts.hostname is None or not _CLOUD_HOSTS.fullmatch(parts.hostname):
        return url
    base = urlsplit(base_url)
    return urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))
