"""The templates of the pages, and the answer to a request for one: 304 while nothing has changed.

Called by pages.py.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from local.http.guard import page_policy
from local.ops import shown
from local.ops.broken import TARGETS
from local.project import BUCKET

PAGE = Path(__file__).parent / "page"
# Forms may be sent to us.  The browser says where a form comes from only by a referrer policy that
# lets it: by no-referrer its Origin is null.  Source: Fetch, "append a request Origin header".
_HEADERS = {
    "Content-Security-Policy": page_policy(form_action="'self'"),
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
    "Vary": "Accept",
}
_ETAG = re.compile(r'(?:W/)?"([0-9a-f]+)\.([0-9]+)"')

_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(PAGE / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_templates.filters.update(
    whole=shown.whole,
    short=shown.short,
    stamp=shown.stamp,
    clock=shown.clock,
    count=shown.count,
    indented=shown.indented,
    over=shown.over,
)
_templates.globals.update(
    tones=shown.TONES, state_parts=shown.state_parts, plural=shown.plural, bucket=BUCKET, targets=TARGETS
)


@dataclass(frozen=True, slots=True)
class View:
    """What a template shows; fresh_s: so long it stays true while nothing happens."""

    template: str
    values: dict[str, Any]
    fresh_s: float = 15.0


def html(template: str, values: dict[str, Any], status: int = 200) -> web.Response:
    text = _templates.get_template(template).render(values)
    return web.Response(text=text, content_type="text/html", status=status, headers=_HEADERS)


def answer(request: web.Request, version: str, now_s: float, offset_s: float, view: Callable[[], View]) -> web.Response:
    """The page, or 304.  The tag holds the version and the instant until which the page is fresh.

    version: hexadecimal; another one where anything has changed.  offset_s: how much the clock of now_s is ahead.
    """
    known = _ETAG.fullmatch(request.headers.get("If-None-Match", ""))
    if known and known[1] == version and now_s * 1000 < int(known[2]):
        return web.Response(status=304, headers={**_HEADERS, "ETag": known[0]})
    found = view()
    page = html(found.template, found.values | {"offset_s": offset_s})
    page.headers["ETag"] = f'"{version}.{(now_s + found.fresh_s) * 1000:.0f}"'
    return page
