"""One request on its way through the parts, and what the member sees of it.  Forgotten when nothing works for it."""

from array import array
from typing import Literal

from tuning.simulate.answer import BarKind

Shown = Literal["", "pictures", "late", "told"]  # "" : "thinking…"

BAR_KINDS: tuple[BarKind, ...] = ("queue", "queued", "generate", "reply", "wait", "tell")
_CODES = {kind: code for code, kind in enumerate(BAR_KINDS)}


class Request:
    """number counts from 0 in the order of sending.  open: how many parts still work for it.

    calls, tasks: how many were made for it so far.

    shown: what the member sees now; replied_s: when the picture came first.  posts: messages beside the reply.
    life: (kind and whether it went well, begin, end) of each bar.
    """

    __slots__ = (
        *("acknowledged", "calls", "edited", "expires_s", "life", "number", "open", "posted_s", "posts"),
        *("received_s", "replied_s", "sent_s", "shown", "shown_s", "stored", "tasks"),
    )

    def __init__(self, number: int, sent_s: float) -> None:
        self.number = number
        self.sent_s = sent_s
        self.received_s = sent_s  # by the ingress
        self.expires_s = sent_s
        self.acknowledged = False  # Discord has taken our answer "thinking…"
        self.open = 0
        self.calls = 0
        self.tasks = 0
        self.shown: Shown = ""
        self.shown_s = sent_s  # since when
        self.replied_s: float | None = None
        self.edited = False
        self.posts = 0
        self.posted_s = -1e9
        self.stored = False  # the picture is in the bucket
        self.life = array("d")

    def bar(self, kind: BarKind, begins_s: float, ends_s: float, ok: bool) -> None:
        self.life.extend((_CODES[kind] * 2 + ok, begins_s, ends_s))

    def show(self, what: Shown, now_s: float) -> None:
        """Discord shows this now.  The picture replaces a word, and the other way round: it is one message."""
        if what != self.shown:
            self.shown, self.shown_s = what, now_s
        if what in ("pictures", "late") and self.replied_s is None:
            self.replied_s = now_s
