"""Accepts only requests of programs on this machine and of the local cloud's own pages.  Wraps every route.

A developer's machine also runs a browser, and any page that it visits can send requests to 127.0.0.1.  So a request is
refused if its Host is not a name of this machine (DNS rebinding), or if the browser says that it comes from another
page.  gcloud and the client libraries send neither Origin nor Sec-Fetch-Site.
Source: Fetch, "Origin header"; W3C, "Fetch Metadata Request Headers"; RFC 9110, 7.4 "Rejecting Misdirected Requests".
"""

import logging
import re
from collections.abc import Mapping

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

_LOCAL_HOST = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
# A client may resolve these to this machine.  Nobody but Google can make such a name point to 127.0.0.1.
_GOOGLE_HOST = re.compile(r"([a-z0-9-]+\.)+(googleapis\.com|appspot\.com|run\.app)(:[0-9]{1,5})?", re.IGNORECASE)
# A browser sends these to another origin without a preflight.  Source: Fetch, "CORS-safelisted request-header".
_SAFELISTED_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")
# APIs that accept such bodies: objects, messages with files, a grant, and a workflow's callbacks.
_TAKES_ANY_BODY = re.compile(r"/upload/.*|/api/v[0-9]+/.*|/api/oauth2/token|/v1/projects/.*/callbacks/[^/]+")
_FORMS = "/ops/forms/"


def page_policy(form_action: str = "'none'") -> str:
    """The Content-Security-Policy of a page.  form_action: where its forms may be sent."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        f" base-uri 'none'; form-action {form_action}; frame-ancestors 'none'"
    )


_PAGE_POLICY = page_policy()
_SECURITY_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

_log = logging.getLogger("mando.local")


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a visited page may have sent.  A bug in a handler is logged and answered with 500."""
    refused = refusal(request.method, request.path, request.headers)
    if refused is not None:
        status, reason = refused
        return web.Response(status=status, text=f"{reason}\n")
    try:
        return await handler(request)
    except (web.HTTPException, ConnectionResetError):
        raise
    except Exception:  # the top of every route: a bug of ours, and never a traceback in an answer
        _log.exception("%s %s failed by a mistake of ours", request.method, request.path)
        return web.Response(status=500, text="internal error\n")


def refusal(method: str, path: str, headers: Mapping[str, str]) -> tuple[int, str] | None:
    """The status and the reason of a refusal; None for a request that is accepted."""
    host = headers.get("Host")
    if host is not None and not _LOCAL_HOST.fullmatch(host) and not _GOOGLE_HOST.fullmatch(host):
        return 421, f"{host!r} is not a name of this machine; use http://127.0.0.1"
    origin = headers.get("Origin")
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return 403, f"a page of {origin!r} may not use the local cloud"
    site = headers.get("Sec-Fetch-Site")
    if site not in (None, "same-origin", "none") and not _follows_a_link(method, headers):
        return 403, "a page of another origin may not use the local cloud"
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    # A form of our own pages.  A browser says where a form comes from, and that was looked at above.
    if path.startswith(_FORMS) and origin is not None:
        return None
    if kind in _SAFELISTED_TYPES and not _TAKES_ANY_BODY.fullmatch(path):
        return 415, f"expected Content-Type: application/json, not {kind}"
    return None


def _follows_a_link(method: str, headers: Mapping[str, str]) -> bool:
    """Allowed, because the page with the link cannot read the answer: the opened page replaces it."""
    opens = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    return method == "GET" and opens


def is_our_bug(record: logging.LogRecord) -> bool:
    """Whether a log record of aiohttp is about a bug of ours, not about a request that is not HTTP."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


async def add_security_headers(_: web.Request, response: web.StreamResponse) -> None:
    """On every answer: a browser neither guesses its content type nor shows a page inside another one."""
    for name, value in _SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if response.content_type == "text/html":
        response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
