"""One thing that fails for a while: which calls it hits, and how.  Called by scenario and simulation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from tuning.curve import Curve
from tuning.distribution import Distribution

Part = Literal["discord", "steps", "storage", "executions", "tasks", "tokens"]
Kind = Literal["error", "rate_limit", "slow", "hang", "stall", "cold"]
Body = Literal["json", "page"]  # the part's own error as JSON, or the page of somebody in front of it
Scope = Literal["global", "webhook"]  # of a rate limit of Discord: all our calls, or those of one request

# Each kind: the parts that it can be of.
PARTS: Mapping[Kind, frozenset[Part]] = {
    "error": frozenset(get_args(Part)),  # answers with a status
    "rate_limit": frozenset({"discord", "storage", "executions", "tasks"}),  # answers 429
    "slow": frozenset(get_args(Part)),  # answers later than usual
    "hang": frozenset(get_args(Part)),  # never answers
    "stall": frozenset({"tasks"}),  # takes tasks, and sends none
    "cold": frozenset({"steps"}),  # its instances are stopped at that instant; new ones start as usual
}
# Each kind: what must be said of it, and what may be.
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "error": ("ends", "status"),
    "rate_limit": ("ends",),
    "slow": ("ends", "median", "max"),
    "hang": ("ends",),
    "stall": ("ends",),
    "cold": (),
}
POSSIBLE: Mapping[Kind, tuple[str, ...]] = {
    "error": ("begins", "share", "flaps", "body"),
    "rate_limit": ("begins", "share", "flaps", "body", "retry_after", "scope"),
    "slow": ("begins", "share", "flaps"),
    "hang": ("begins", "share", "flaps"),
    "stall": ("begins",),
    "cold": ("begins", "share"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What a part does to a share of its calls from begins_s until ends_s; cold: of its instances, in one instant.

    share is a curve over the seconds since begins_s; flaps: it fails so long, works so long, and so on.  A status is
    said for errors and rate limits; slow is the time that a call takes besides what it takes anyway; retry_after_s is
    what a rate limit asks for, None if it says nothing.  Others than Discord's have no scope.
    """

    part: Part
    kind: Kind
    begins_s: float
    ends_s: float
    share: Curve
    flaps: tuple[float, float] | None = None
    status: int | None = None
    body: Body = "json"
    retry_after_s: float | None = None
    scope: Scope = "global"
    slow: Distribution | None = None

    @property
    def hits_calls(self) -> bool:
        """A stall and a cold start happen to the part itself, at begins_s."""
        return self.kind not in ("stall", "cold")

    def share_at(self, now_s: float) -> float:
        """The share of the calls that it hits; of a cold start the share of the instances, at any time."""
        if self.kind == "cold":
            return self.share.corners[0][1]
        since_s = now_s - self.begins_s
        if self.flaps is not None and since_s % sum(self.flaps) >= self.flaps[0]:
            return 0.0
        return self.share.at(since_s)

    def moved(self, begin_s: float, factor: float) -> "Fault":
        """The same with begin_s as its time 0, and factor times as long.  Flaps keep their lengths."""
        return replace(
            self,
            begins_s=begin_s + self.begins_s * factor,
            ends_s=begin_s + self.ends_s * factor,
            share=self.share.scaled(factor),
        )

    @property
    def label(self) -> str:
        """For charts and tables, as people say it: Discord down (503)."""
        shares = {share for _, share in self.share.corners}
        whole, part = _SAID[self.kind]
        if shares == {1}:
            said = whole
        else:
            said = f"{part} {'up to ' if len(shares) > 1 else ''}{max(shares):.0%} of calls".replace("%", " %")
        status = "" if self.status is None else f" ({self.status})"
        return f"{_NAMES[self.part]} {said}{' on and off' if self.flaps else ''}{status}"


_NAMES: Mapping[Part, str] = {
    "discord": "Discord",
    "steps": "App Engine",
    "storage": "Cloud Storage",
    "executions": "Workflows",
    "tasks": "Cloud Tasks",
    "tokens": "Google's token issuer",
}
# Of all calls, and before a share of them.
_SAID: Mapping[Kind, tuple[str, str]] = {
    "error": ("down", "fails"),
    "rate_limit": ("limits our rate", "refuses"),
    "slow": ("slow", "slow for"),
    "hang": ("does not answer", "does not answer"),
    "stall": ("sends nothing", "sends nothing"),
    "cold": ("starts anew", "starts anew"),
}
