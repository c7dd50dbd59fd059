"""Discord as the steps meet it: how long a call takes, what it answers, whether it shows the message.

Nobody limits us here but a scenario: each request has a webhook of its own, with one or two calls.
"""

import math
from dataclasses import dataclass

from tuning.model import Model
from tuning.simulate.dice import values
from tuning.simulate.faults import Faults
from tuning.simulate.scenario import Scenario

TIMEOUT_S = 10.0  # of a call of ours; source: steps/discord.py
_ANSWERS_S = 0.1  # how soon a refusal comes


@dataclass(frozen=True, slots=True)
class Answer:
    """status 0: none came in time.  is_page: from the network in front of Discord, without Discord's JSON.

    retry_after_s: what a 429 asks for, None if it says nothing.
    """

    status: int
    is_page: bool = False
    retry_after_s: float | None = None


SHOWN = Answer(200)
NONE = Answer(0)


class Discord:
    def __init__(self, model: Model, scenario: Scenario, seed: int) -> None:
        self._faults = Faults(scenario, "discord", seed)
        self._upload = values(seed, "discord upload", model.distribution("discord.upload"))
        self._edit = values(seed, "discord edit", model.distribution("discord.edit"))

    def call(self, now_s: float, request: int, call: int, *, uploads: bool) -> tuple[float, Answer, float]:
        """(seconds until our answer, the answer, seconds until the message is shown; infinite if it never is).

        A message may be shown although we no longer wait.
        """
        seconds = (self._upload if uploads else self._edit)(request, call)
        fault = self._faults.hit(now_s, request, call)
        if fault is not None:
            if fault.status is not None:
                return _ANSWERS_S, Answer(fault.status, fault.body == "page", fault.retry_after_s), math.inf
            seconds += self._faults.extra_s(fault, request, call)
        if seconds <= TIMEOUT_S:
            return seconds, SHOWN, seconds
        return TIMEOUT_S, NONE, seconds


def never_reached(scenario: Scenario, begins_s: float, ends_s: float) -> bool:
    """Whether Discord served nobody during that time: some fault but slowness hit every call."""
    faults = [one for one in scenario.of("discord") if one.kind != "slow"]
    places = {begins_s}
    for fault in faults:
        corners = (fault.begins_s + place for place, _ in fault.share.corners)
        places.update(place for place in (*corners, *_flaps(fault.begins_s, fault.ends_s, fault.flaps)))
    inside = sorted(place for place in places if begins_s <= place < ends_s)
    middles = [(a + b) / 2 for a, b in zip(inside, [*inside[1:], ends_s], strict=True)]
    return all(sum(fault.share_at(at_s) for fault in faults) > 0.999 for at_s in (*inside, *middles))


def _flaps(begins_s: float, ends_s: float, flaps: tuple[float, float] | None) -> list[float]:
    """The instants at which a flapping fault stops and begins again."""
    if flaps is None:
        return []
    found, at_s = [], begins_s
    while at_s < ends_s:
        found += [at_s + flaps[0], at_s + flaps[0] + flaps[1]]
        at_s = found[-1]
    return found
