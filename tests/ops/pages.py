"""The pages of /ops as a browser without scripts has them."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tests.story.way import Way

_UNSEEN = re.compile(r"<(head|svg class=\"signs\"|title)\b.*?</(head|svg|title)>", re.DOTALL)


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    address: str
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        """What a person reads, on one line."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", _UNSEEN.sub("", self.text))).split())

    def part(self, place: str) -> str:
        """The words of the element with that id, up to the next element with one."""
        found = re.search(rf'<(\w+)[^>]*\bid="{re.escape(place)}".*?</\1>', self.text, re.DOTALL)
        assert found is not None, f"nothing has the id {place}"
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", found[0])).split())

    def links(self, start: str) -> list[str]:
        """The addresses of its links that begin so."""
        return [html.unescape(one) for one in re.findall(rf'href="({re.escape(start)}[^"]*)"', self.text)]


async def see(way: Way, path: str, tag: str = "") -> Page:
    headers = {"Accept": "text/html,*/*;q=0.8"} | ({"If-None-Match": tag} if tag else {})
    async with way.session.get(way.base + path, headers=headers) as answer:
        return Page(answer.status, await answer.text(), str(answer.url.relative()), answer.headers)


async def send_form(way: Way, action: str, origin: str | None = "", **fields: str) -> Page:
    """As a browser does: with the page's origin; the page to which it leads."""
    headers = {"Accept": "text/html"} | ({} if origin is None else {"Origin": origin or way.base})
    async with way.session.post(f"{way.base}/ops/forms/{action}", data=fields, headers=headers) as answer:
        return Page(answer.status, await answer.text(), str(answer.url.relative()), answer.headers)
