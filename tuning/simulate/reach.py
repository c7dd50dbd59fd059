"""Whether Discord could be reached for a request at all, whatever we did.  Called by simulation."""

from collections.abc import Collection

from tuning.model import Model
from tuning.simulate.fault import Part
from tuning.simulate.scenario import Scenario

# What happens to a lone request before its picture can be shown.
_ON_THE_WAY = (
    *("tasks.create_s", "tasks.dispatch_s", "executions.create_s", "executions.hop_s", "steps.generate_cpu_s"),
    *("storage.write_s", "executions.hop_s", "storage.read_s"),
)
_AT_THE_END = ("tasks.dispatch_s", "storage.read_s", "discord.reply_s")
_SLOW = 0.99
_ALL = 0.999  # of the calls; the rest is rounding


def usual_way_s(model: Model) -> tuple[float, float]:
    """Seconds from a request's arrival to the call that shows its picture, and from a last task's time to the picture.

    Each part takes what 99 of 100 do not exceed.  Before the one and after the other, Discord could not be reached for
    the request, whatever we did.
    """
    before_s, last_s = (
        sum(model.distribution(name).quantile(_SLOW) for name in parts) for parts in (_ON_THE_WAY, _AT_THE_END)
    )
    return before_s, last_s


def parts_on_the_way(*, have_tokens: bool) -> frozenset[Part]:
    """Those without which no reply gets to Discord.  have_tokens: whether the calls of our steps bear tokens.

    Without the bucket a word can be shown, without Cloud Tasks an execution can wait, and without the starts of
    executions a task can call a step.
    """
    return frozenset({"discord", "steps", "tokens"} if have_tokens else {"discord", "steps"})


def never_reached(scenario: Scenario, parts: Collection[Part], begins_s: float, ends_s: float) -> bool:
    """Whether no call got through all of these parts during that time: at each instant one of them failed every call.

    A part that is slow fails nothing.
    """
    faults = [one for part in parts for one in scenario.of(part) if one.hits_calls and one.kind != "slow"]
    places = {begins_s}
    for fault in faults:
        corners = (fault.begins_s + place for place, _ in fault.share.corners)
        places.update(place for place in (*corners, *_flaps(fault.begins_s, fault.ends_s, fault.flaps)))
    inside = sorted(place for place in places if begins_s <= place < ends_s)
    middles = [(a + b) / 2 for a, b in zip(inside, [*inside[1:], ends_s], strict=True)]
    return all(
        any(sum(fault.share_at(at_s) for fault in faults if fault.part == part) > _ALL for part in parts)
        for at_s in (*inside, *middles)
    )


def _flaps(begins_s: float, ends_s: float, flaps: tuple[float, float] | None) -> list[float]:
    """The instants at which a flapping fault stops and begins again."""
    if flaps is None:
        return []
    found, at_s = [], begins_s
    while at_s < ends_s:
        found += [at_s + flaps[0], at_s + flaps[0] + flaps[1]]
        at_s = found[-1]
    return found
