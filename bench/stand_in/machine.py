"""Measure what the parts cost on this machine.  Called by foresight and model_text.

In: a running `mando up`.  Out: Measured.  A request alone shows how long each part takes, and how many seconds of the
processors; requests that Discord limits, what another attempt costs; many at once, how many processors are for us.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import mandala
from bench.report.figure import Effort
from bench.stand_in.live import Break, Members, Reply, executions_of, quantile
from tests.system.up import Up

SHARES = (0.1, 0.5, 0.9, 0.99)

_PICTURES = 60
_ALONE_PER_S = 5.0
_AT_ONCE = 16

Spread = tuple[float, ...]  # seconds, at SHARES


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds.  before: from the interaction to the execution; after: from there to the reply; generate: of that call.

    draw_cpu, steps_cpu, other_cpu: of one core, for a picture and for a request; again_…: for an attempt in vain whose
    picture is in the bucket.  per_s: requests at most; cores: of those that they get then.
    """

    alone_s: Spread
    before_s: Spread
    generate_s: Spread
    after_s: Spread
    draw_cpu_s: Spread
    steps_cpu_s: float
    other_cpu_s: float
    again_steps_cpu_s: float
    again_other_cpu_s: float
    per_s: float
    cores: float

    @property
    def cpu_s(self) -> float:
        return self.steps_cpu_s + self.other_cpu_s


def measure(up: Up, members: Members, effort: Effort) -> Measured:
    """The queue must be faster than the machine."""
    draws = sorted(_draws_s(effort.of(_PICTURES, 3)))
    count, count_limited = effort.of(100, 2), effort.of(20, 1)
    members.run([number / _ALONE_PER_S for number in range(effort.of(10, 1))])  # warms up
    alone = members.run([number / _ALONE_PER_S for number in range(count)])
    limit = Break({"target": "discord", "kind": "429"}, 0.0, effort.of(10, 1))
    limited = members.run([0.0] * count_limited, limit)
    many = members.run([0.0] * effort.of(400, 5), at_once=_AT_ONCE)
    before_s, generate_s, after_s = zip(*_parts(up, alone.replies), strict=True)
    cpu_s, steps_cpu_s = alone.used.ours / count, alone.used.parts["steps"] / count
    in_vain = max(1, limited.calls["reply"] - count_limited)  # none where a short run draws when the limit is over
    per_s = pictures_per_s(many.replies)
    again_cpu_s = (limited.used.ours - count_limited * cpu_s) / in_vain
    again_steps_cpu_s = (limited.used.parts["steps"] - count_limited * steps_cpu_s) / in_vain
    return Measured(
        alone_s=_spread(alone.times_s),
        before_s=_spread(before_s),
        generate_s=_spread(generate_s),
        after_s=_spread(after_s),
        draw_cpu_s=_spread(draws),
        steps_cpu_s=steps_cpu_s,
        other_cpu_s=cpu_s - steps_cpu_s,
        again_steps_cpu_s=again_steps_cpu_s,
        again_other_cpu_s=again_cpu_s - again_steps_cpu_s,
        per_s=per_s,
        cores=per_s * cpu_s,
    )


def _draws_s(count: int) -> Iterator[float]:
    """CPU seconds of pictures, here.  The first ones warm up."""
    for number in range(-5, count):
        began_s = time.process_time()
        mandala.draw_png(mandala.design_for(f"picture {number}"))
        if number >= 0:
            yield time.process_time() - began_s


def _parts(up: Up, replies: Sequence[Reply]) -> Iterator[tuple[float, float, float]]:
    """Of each request: seconds until its execution, of /generate-image, and from the execution to the reply."""
    names = {json.loads(one["argument"])["interaction_id"]: one["name"] for one in executions_of(up, "FULL")}
    for one in (one for one in replies if one.to_picture_s is not None):
        entries = up.get(f"v1/{names[one.id]}/stepEntries?pageSize=100")["stepEntries"]
        (draw,) = (entry for entry in entries if entry["step"] == "draw")
        begun, ended = (datetime.fromisoformat(draw[name]).timestamp() for name in ("createTime", "updateTime"))
        before_s = begun - one.sent_at
        yield before_s, ended - begun, (one.to_picture_s or 0.0) - before_s


def pictures_per_s(replies: Sequence[Reply]) -> float:
    """How many a second get their reply, from a fifth of them to four fifths."""
    ends_at = sorted(one.sent_at + one.to_picture_s for one in replies if one.to_picture_s is not None)
    first, last = len(ends_at) // 5, len(ends_at) * 4 // 5
    return (last - first) / (ends_at[last] - ends_at[first])


def _spread(values: Sequence[float]) -> Spread:
    ordered = sorted(values)
    return tuple(quantile(ordered, share) for share in SHARES)
