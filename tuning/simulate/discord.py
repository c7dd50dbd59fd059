"""Discord as the steps meet it: how long a call takes, what it answers, whether it shows the message.

Only a scenario limits our rate here: each request has a webhook of its own, with one or two calls.
"""

import math
from collections import deque
from dataclasses import dataclass

from tuning.model import Model
from tuning.simulate.dice import values
from tuning.simulate.faults import Faults
from tuning.simulate.scenario import Scenario

_WINDOW_S = 600.0  # source: Discord, "Invalid Request Limit"


@dataclass(frozen=True, slots=True)
class Answer:
    """status 0: none came in time.  is_page: from the network in front of Discord, without Discord's JSON.

    retry_after_s: what a 429 asks for, None if it says nothing; is_global: it is of all calls, not of one webhook's.
    """

    status: int
    is_page: bool = False
    retry_after_s: float | None = None
    is_global: bool = True


SHOWN = Answer(200)
NONE = Answer(0)
_BAN = Answer(429, is_page=True)


class Discord:
    """timeout_s: how long the steps wait for one call."""

    def __init__(self, model: Model, scenario: Scenario, seed: int, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._faults = Faults(scenario, "discord", seed)
        self._reply_s = values(seed, "discord reply", model.distribution("discord.reply_s"))
        self._tell_s = values(seed, "discord tell", model.distribution("discord.tell_s"))
        self._ban_s = model.number("discord.ban_s")
        self._banned_until_s = -math.inf
        self._invalid_at_s: deque[float] = deque(maxlen=int(model.number("discord.most_invalid")))

    def call(self, now_s: float, request: int, call: int, *, uploads: bool) -> tuple[float, Answer, float]:
        """(seconds until our answer, the answer, seconds until the message is shown; infinite if it never is).

        A message may be shown although we no longer wait.  A refusal takes as long as words alone.
        """
        if now_s < self._banned_until_s:
            return self._tell_s(request, call), _BAN, math.inf
        seconds = (self._reply_s if uploads else self._tell_s)(request, call)
        fault = self._faults.hit(now_s, request, call)
        if fault is not None:
            if fault.status is not None:
                self._count(fault.status, now_s)
                refused = Answer(fault.status, fault.body == "page", fault.retry_after_s, fault.scope == "global")
                return self._tell_s(request, call), refused, math.inf
            seconds += self._faults.extra_s(fault, request, call)
        if seconds <= self._timeout_s:
            return seconds, SHOWN, seconds
        return self._timeout_s, NONE, seconds

    def _count(self, status: int, now_s: float) -> None:
        """Too many invalid requests ban our address.  Source: Discord, "Invalid Request Limit"."""
        if status in (401, 403, 429):
            self._invalid_at_s.append(now_s)
            if len(self._invalid_at_s) == self._invalid_at_s.maxlen and now_s - self._invalid_at_s[0] < _WINDOW_S:
                self._banned_until_s = now_s + self._ban_s
