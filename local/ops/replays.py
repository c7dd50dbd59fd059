"""Replays all requests of a time that ended badly, at a rate, and tells how far it is.  Called by actions.py."""

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from local.http.api_error import ApiError
from local.ops.again import Again
from local.story.reading import Query, StoryReading
from local.story.summary import KINDS, OVER, Kind

_BAD: tuple[Kind, ...] = ("failed", "told")
_DEFAULT_RATE_PER_S, _MOST_RATE_PER_S = 5.0, 500.0
_DEFAULT_SINCE_S, _MOST_SINCE_S = 3600.0, 90 * 86_400.0
_MOST = 100_000
_KEPT = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """Requests of these kinds that began in the last since_s seconds, so many a second."""

    kinds: tuple[str, ...] = _BAD
    since_s: float = _DEFAULT_SINCE_S
    rate_per_s: float = _DEFAULT_RATE_PER_S

    @classmethod
    def of(cls, body: dict[str, Any]) -> "Asked":
        """Raises ApiError(400)."""
        kinds = body.get("states", list(_BAD))
        if not isinstance(kinds, list) or not kinds or not set(map(str, kinds)) <= OVER:
            raise ApiError(400, f"states is a list of {', '.join(one for one in KINDS if one in OVER)}")
        return cls(
            tuple(map(str, kinds)),
            _number(body, "sinceS", _DEFAULT_SINCE_S, _MOST_SINCE_S),
            _number(body, "ratePerS", _DEFAULT_RATE_PER_S, _MOST_RATE_PER_S),
        )


@dataclass(slots=True)
class Replay:
    """One replay of many.  started: those begun so far; refused: why some cannot be replayed, and how many."""

    number: int
    interactions: list[int]
    rate_per_s: float
    started: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    is_stopped: bool = False
    work: asyncio.Task[None] | None = field(default=None, repr=False)


class Replays:
    def __init__(self, again: Again, reading: StoryReading) -> None:
        self._again = again
        self._reading = reading
        self._numbers = itertools.count(1)
        self._all: dict[int, Replay] = {}

    def begin(self, asked: Asked, now_s: float) -> dict[str, Any]:
        query = Query(kinds=asked.kinds, since_s=now_s - asked.since_s, size=_MOST)
        found, _ = self._reading.requests(query)
        replay = Replay(next(self._numbers), [one.interaction for one in reversed(found)], asked.rate_per_s)
        self._all[replay.number] = replay
        for old in list(self._all)[:-_KEPT]:
            self.stop(old)
            del self._all[old]
        replay.work = asyncio.create_task(self._run(replay))
        return self.progress(replay.number)

    def progress(self, number: int) -> dict[str, Any]:
        """How many were started, and in which state each of those is now.  Raises ApiError(404)."""
        replay = self._known(number)
        kinds = self._reading.kinds_of(replay.interactions[: replay.started])
        is_begun = replay.started == len(replay.interactions) or replay.is_stopped
        return {
            "id": replay.number,
            "total": len(replay.interactions),
            "started": replay.started,
            "ratePerS": replay.rate_per_s,
            "states": kinds,
            "refused": dict(replay.refused),
            "isStopped": replay.is_stopped,
            "isOver": is_begun and all(kind in OVER for kind in kinds),
        }

    def stop(self, number: int) -> dict[str, Any]:
        """Start no more of them; what was started goes on.  Raises ApiError(404)."""
        replay = self._known(number)
        replay.is_stopped = replay.started < len(replay.interactions)
        if replay.work is not None:
            replay.work.cancel()
        return self.progress(number)

    async def _run(self, replay: Replay) -> None:
        """At most as many as are due, so that the rate is kept also if the event loop is late."""
        clock = asyncio.get_running_loop()
        begun_s = clock.time()
        for place, interaction in enumerate(replay.interactions):
            await asyncio.sleep(max(0.0, begun_s + place / replay.rate_per_s - clock.time()))
            try:
                self._again.replay(interaction)
            except ApiError as error:
                replay.refused[str(error)] += 1
            replay.started += 1

    def _known(self, number: int) -> Replay:
        replay = self._all.get(number)
        if replay is None:
            raise ApiError(404, f"there is no replay {number}")
        return replay


def _number(body: dict[str, Any], name: str, default: float, most: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise ApiError(400, f"{name} is a number above 0, at most {most:g}")
    return float(value)
