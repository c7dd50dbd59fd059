"""Maps hosts of the cloud to the local cloud and its programs, and names the host that a request came to.

Used by everything that makes a call for a workflow, a task or a bot, and by answers with links.
"""

import re
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from aiohttp import web

from local.project import Ports
from local.project import url as own_url

# Every service, with its region in front (us-central1-run.googleapis.com), behind (run.us-central1.rep.googleapis.com),
# and with certificates (storage.mtls.googleapis.com).  Source: Google Cloud, "Regional service endpoints"; AIP-4114.
_CLOUD_HOSTS = re.compile(r"([\w-]+\.)*googleapis\.com|((canary|ptb)\.)?discord(app)?\.com|cdn\.discordapp\.com")
# A bucket's own host.  Source: Cloud Storage, "Request endpoints": virtual hosted-style.
_BUCKET_HOST = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9._-]*)\.storage\.googleapis\.com")
_PROGRAM = re.compile(r"(?P<name>steps|reply)\.mando\.localhost")  # as program_url() of local/project.py names them


@lru_cache(maxsize=256)  # loops and polls ask for the same one again
def to_local(url: str, base_url: str) -> str:
    """url with base_url (scheme://host:port) in place of a host of Google or Discord, or with the port of a program.

    Other URLs are unchanged.
    Deployed programs are called at their own address: *.run.app, *.cloudfunctions.net, *.appspot.com.  A service that
    does not run here answers 404 and says so.
    Source: a task names https://workflowexecutions.googleapis.com whatever runs it.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")  # of a name that is written to its root
    base = urlsplit(base_url)
    if program := _PROGRAM.fullmatch(host):
        ports = Ports(base.port or 0)
        own = urlsplit(own_url(ports.steps if program["name"] == "steps" else ports.reply))
        return urlunsplit((own.scheme, own.netloc, parts.path, parts.query, ""))
    if not _CLOUD_HOSTS.fullmatch(host):
        return url
    bucket = _BUCKET_HOST.fullmatch(host)
    path = f"/{bucket['bucket']}{parts.path}" if bucket else parts.path
    return urlunsplit((base.scheme, base.netloc, path, parts.query, ""))


def base_url(request: web.Request) -> str:
    """scheme://host as the client named it, so that links in an answer lead back here."""
    return f"{request.scheme}://{request.host}"
