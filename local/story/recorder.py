"""Takes spans from the taps, changes the summaries by them, and counts what the charts show.  Called by taps.py."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from local.data.disk import DiskUnavailable, log_waiting_for_disk
from local.story import summary as summaries
from local.story import tallies
from local.story.span import Span, asked_at_s
from local.story.store import StoryStore
from local.story.summary import Summary

_WRITE_EVERY_S = 0.25
_STOPPED = "the local cloud was stopped meanwhile"


class Recorder:
    """All methods are called on the event loop.  None of them raises: no request fails for its story."""

    def __init__(self, store: StoryStore, now_s: Callable[[], float]) -> None:
        self.store = store
        self.now_s = now_s
        self._is_write_due = False
        store.close_open_spans(now_s(), _STOPPED)

    def begin(self, span: Span) -> int:
        """A span that goes on; end() takes its number."""
        number = self.store.add(span)
        self._change(span.interaction, lambda one: summaries.after(one, span))
        return number

    def end(self, number: int, span: Span) -> None:
        self.store.put(number, span)
        self._change(span.interaction, lambda one: summaries.after(one, span))

    def note(self, span: Span) -> None:
        """A span that is over, or an instant."""
        self.store.add(span)
        self._change(span.interaction, lambda one: summaries.after(one, span))

    def ask(self, interaction: int, **known: str) -> None:
        """A member's use of the command; known: fields of Summary."""
        self._change(interaction, lambda one: replace(one, **known))  # type: ignore[arg-type]  # all are texts

    def show(self, interaction: int, message_id: str, *, is_picture: bool) -> None:
        at_s = self.now_s()
        self._change(interaction, lambda one: summaries.showed(one, at_s, message_id, is_picture=is_picture))

    def cancel(self, interaction: int, why: str) -> None:
        at_s = self.now_s()
        self._change(interaction, lambda one: summaries.cancelled(one, at_s, why))

    def drew(self, interaction: int, picture_object: str, picture: str) -> None:
        self.store.carry(interaction, picture=picture)
        self._change(interaction, lambda one: replace(one, object=picture_object))

    def carry_request(self, interaction: int, request: str) -> None:
        self.store.carry(interaction, request=request)
        self._plan_write()

    def count(self, what: str) -> None:
        self.store.count(what, self.now_s())
        self._plan_write()

    def _change(self, interaction: int, change: Callable[[Summary], Summary]) -> None:
        try:
            before = self.store.summary(interaction) or _new(interaction)
        except DiskUnavailable as error:
            log_waiting_for_disk(error)
            return
        after = change(before)
        self.store.put_summary(after)
        if after.kind != before.kind and after.is_over:
            self._count_end(before, after)
        self._plan_write()

    def _count_end(self, before: Summary, after: Summary) -> None:
        at_s = after.ended_s or self.now_s()
        self.store.count(f"{tallies.OUTCOME}{after.kind}", at_s)
        if after.kind == "shown" and before.replied_s is None:
            self.store.count(tallies.reply_bucket(at_s - after.begun_s), at_s)

    def _plan_write(self) -> None:
        if not self._is_write_due:
            self._is_write_due = True
            asyncio.get_running_loop().call_later(_WRITE_EVERY_S, self._write)

    def _write(self) -> None:
        self._is_write_due = False
        self.store.write()
        if self.store.has_collected:
            self._plan_write()


def _new(interaction: int) -> Summary:
    begun_s = asked_at_s(interaction)
    return Summary(interaction, begun_s, since_s=begun_s)
