"""The incidents of the simulator that the local cloud can play.  Called by `mando up`.

In: tuning/scenarios/*.yaml.  What the stand-in has no part for, or what happens to a part itself, is left out and said.
"""

from collections.abc import Iterator, Mapping, Sequence

from local.faults.fault import Fault, Kind, Target
from local.faults.incident import Incident, Stage
from tuning.simulate import fault as simulated
from tuning.simulate.scenario import Story, names, read_story

_TARGETS: Mapping[simulated.Part, tuple[Target, ...]] = {
    "discord": ("discord",),
    "steps": ("generate", "reply"),
    "storage": ("storage",),
    "tasks": ("queue", "reply_queue"),
    "executions": ("workflow",),
}
_KINDS: Mapping[simulated.Kind, Kind] = {"slow": "slow", "hang": "timeout", "rate_limit": "429"}
_STATUSES: Mapping[int, Kind] = {400: "400", 403: "403", 429: "429", 500: "500", 502: "502", 503: "503"}
_SHORT_S = 120.0  # what has no length of its own


def incidents() -> list[Incident]:
    """Those of which anything can be played, in alphabetical order."""
    return [made for name in names() if (made := incident_of(read_story(name))) is not None]


def incident_of(story: Story) -> Incident | None:
    played = [one for one in story.faults if _kind_of(one) is not None and one.part in _TARGETS]
    if not played:
        return None
    left_out = [one.label for one in story.faults if one not in played]
    if story.factor is not None:
        left_out.append("more requests than usual")

    def stages(length_s: float) -> Sequence[Stage]:
        factor = length_s / story.length_s if story.length_s else 1.0
        return [stage for one in played for stage in _stages(one.moved(0.0, factor))]

    return Incident(story.name, story.title, story.source, story.length_s or _SHORT_S, stages, tuple(left_out))


def _stages(fault: simulated.Fault) -> Iterator[Stage]:
    kind = _kind_of(fault)
    assert kind is not None  # noqa: S101 -- only those are played

    def share_at(at_s: float) -> float:
        return fault.share_at(at_s) if fault.begins_s <= at_s < fault.ends_s else 0.0

    slow_s = fault.slow.quantile if fault.slow is not None else None
    for target in _TARGETS[fault.part]:
        hit = Fault(target, kind, retry_after_s=fault.retry_after_s, is_page=fault.body == "page")
        yield Stage(hit, share_at, slow_s)


def _kind_of(fault: simulated.Fault) -> Kind | None:
    """None for what cannot be played."""
    if fault.kind == "error":
        return _STATUSES.get(fault.status or 0)
    return _KINDS.get(fault.kind)
