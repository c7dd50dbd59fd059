"""What was measured → the text of tuning/models/local.yaml.  Called by foresight.

All parts share the processors here, so what a request costs is told apart from what it only waits for.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.stand_in.machine import SHARES, Measured, Spread

_LEAST_S = 0.0003  # of what is too short to be told apart
_REPLY_SHARE = 0.5  # of what the steps compute besides drawing: the token, the picture from the bucket and to Discord
_WIDTH = 120


def numbers_of(found: Measured) -> Mapping[str, float | Spread]:
    """Parameter → value.  A part of the way that is short is a constant, the others get the spread that was seen."""
    besides_s = max(found.steps_cpu_s - found.draw_cpu_s[1], 2 * _LEAST_S)
    reply_cpu_s = besides_s * _REPLY_SHARE
    generate_cpu_s = tuple(draw_s + besides_s - reply_cpu_s for draw_s in found.draw_cpu_s)
    ways_s = (
        found.before_s[1],
        max(found.generate_s[1] - generate_cpu_s[1], _LEAST_S),
        max(found.reply_s[1] - reply_cpu_s, _LEAST_S),
    )
    share = min(found.other_cpu_s / sum(ways_s), 1.0)  # the others' work of which the reply does not wait is left out
    request_cpu_s = ways_s[0] * share
    call_cpu_s = min(*ways_s[1:], sum(ways_s[1:]) / 2) * share
    cpu_s = request_cpu_s + 2 * call_cpu_s + generate_cpu_s[1] + reply_cpu_s
    return {
        "ingress.network_s": _LEAST_S,
        "ingress.handle_s": _LEAST_S,
        "tasks.create_s": _LEAST_S,
        "tasks.dispatch_s": _less(found.before_s, (request_cpu_s + 3 * _LEAST_S,) * len(SHARES)),
        "executions.create_s": _LEAST_S,
        "executions.hop_s": _LEAST_S,
        "machine.cores": found.per_s * cpu_s,
        "machine.request_cpu_s": request_cpu_s,
        "machine.call_cpu_s": call_cpu_s,
        "steps.generate_cpu_s": generate_cpu_s,
        "steps.generate_again_cpu_s": besides_s - reply_cpu_s,
        "steps.reply_cpu_s": reply_cpu_s,
        "storage.write_s": _less(found.generate_s, tuple(one + call_cpu_s + _LEAST_S for one in generate_cpu_s)),
        "storage.read_s": _LEAST_S,
        "storage.look_s": _LEAST_S,
        "discord.reply_s": _less(found.reply_s, (reply_cpu_s + call_cpu_s + 2 * _LEAST_S,) * len(SHARES)),
        "discord.tell_s": _LEAST_S,
    }


def _less(spread: Spread, other: Spread) -> Spread:
    """The difference, never below _LEAST_S, ascending."""
    found: list[float] = []
    for one, another in zip(spread, other, strict=True):
        found.append(max(one - another, _LEAST_S, *found[-1:]))
    return tuple(found)


def text_of(path: Path, numbers: Mapping[str, float | Spread]) -> str:
    """The file with these numbers in place of its own; the others keep their lines."""
    day = datetime.now(UTC).date().isoformat()
    lines, part, written = [], "", []
    rest = iter(path.read_text(encoding="utf-8").splitlines())
    for line in rest:
        if line.startswith('# "measured here"'):
            line = f'# "measured here": by bench/foresight.py --write, on {os.cpu_count()} {_processor()} cores, {day}.'
        elif line.startswith("as_of:"):
            line = f'as_of: "{day}"'
        elif line.startswith("  ") and not line.startswith("   "):
            part = line.strip(" :")
        own, separator, _ = line.strip().partition(": {")
        if separator and (name := f"{part}.{own}") in numbers:
            while line.count("{") > line.count("}"):  # an entry that goes on in the next line
                line += next(rest)
            written.append(name)
            lines += _entry(own, line.partition("unit: ")[2].partition(",")[0], numbers[name])
        else:
            lines.append(line)
    if set(written) != set(numbers):
        raise ValueError(f"{path.name} has no {', '.join(sorted(set(numbers) - set(written)))}")
    return "\n".join(lines) + "\n"


def _entry(own: str, unit: str, value: float | Spread) -> list[str]:
    spread = (value,) if isinstance(value, float) else value
    shown = (
        f"{value:.3g}"
        if isinstance(value, float)
        else ", ".join(f"p{share * 100:g}: {one:.3g}" for share, one in zip(SHARES, value, strict=True))
    )
    median = spread[len(spread) // 2 - (len(spread) > 1)]
    shown = shown if isinstance(value, float) else f"{{{shown}}}"
    head = f"    {own}: {{value: {shown}, unit: {unit}, sure: measured, range: [{median / 2:.2g}, {median * 2:.2g}],"
    tail = 'source: "measured here"}'
    return [f"{head} {tail}"] if len(head) + len(tail) < _WIDTH else [head, f"      {tail}"]


def _processor() -> str:
    named = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return next(named, ": unknown").partition(":")[2].strip()
