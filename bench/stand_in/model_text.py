"""What was measured → the text of tuning/models/local.yaml.  Called by foresight.

All parts share the processors here, so what a request costs is told apart from what it only waits for.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from bench.stand_in.machine import SHARES, Measured, Spread

LEAST_S = 0.0003  # in place of what is too short to be told apart from what is computed
_WIDTH = 120


def numbers_of(found: Measured) -> Mapping[str, float | Spread]:
    """Parameter → value.  A part of the way that is short is a constant, the others get the spread that was seen.

    What the reply does not wait for is left out, of the cores too.  What only a first attempt computes, be it for the
    bucket or for Discord, is counted with the picture.
    """
    waited_for = min(1.0, (found.alone_s[1] - 10 * LEAST_S) / found.cpu_s)
    others_s = max(found.alone_s[1] - found.steps_cpu_s, found.other_cpu_s)
    request_cpu_s = found.before_s[1] * found.other_cpu_s / others_s * waited_for
    again_cpu_s, call_cpu_s = (
        max(one / 2 * waited_for, LEAST_S) for one in (found.again_steps_cpu_s, found.again_other_cpu_s)
    )
    reply_cpu_s = again_cpu_s  # both open the request; the one looks into the bucket, the other calls Discord
    first_cpu_s = found.cpu_s * waited_for - request_cpu_s - 2 * call_cpu_s - reply_cpu_s
    generate_cpu_s = tuple(max(first_cpu_s + one - found.draw_cpu_s[1], one) for one in found.draw_cpu_s)
    cpu_s = request_cpu_s + 2 * call_cpu_s + generate_cpu_s[1] + reply_cpu_s
    steps_s = (one + 2 * call_cpu_s + reply_cpu_s + 4 * LEAST_S for one in generate_cpu_s)
    waits_s = _less(found.after_s, *steps_s)
    return {
        "ingress.network_s": LEAST_S,
        "ingress.handle_s": LEAST_S,
        "tasks.create_s": LEAST_S,
        "tasks.dispatch_s": _less(found.before_s, request_cpu_s + 4 * LEAST_S),
        "executions.create_s": LEAST_S,
        "executions.hop_s": LEAST_S,
        "machine.cores": found.per_s * cpu_s,
        "machine.request_cpu_s": request_cpu_s,
        "machine.call_cpu_s": call_cpu_s,
        "steps.generate_cpu_s": generate_cpu_s,
        "steps.generate_again_cpu_s": again_cpu_s,
        "steps.reply_cpu_s": reply_cpu_s,
        "storage.write_s": tuple(one / 2 for one in waits_s),
        "storage.read_s": LEAST_S,
        "storage.look_s": LEAST_S,
        "discord.reply_s": tuple(one / 2 for one in waits_s),
        "discord.tell_s": LEAST_S,
    }


def _less(spread: Spread, *other: float) -> Spread:
    """The difference, never below LEAST_S, ascending; other: one number, or one for each of SHARES."""
    found: list[float] = []
    for one, another in zip(spread, other * (len(spread) // len(other)), strict=True):
        found.append(max(one - another, LEAST_S, *found[-1:]))
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
    if isinstance(value, float):
        median, shown = value, f"{value:.3g}"
    else:
        median = value[SHARES.index(0.5)]
        pairs = zip(SHARES, value, strict=True)
        shown = "{" + ", ".join(f"p{share * 100:g}: {one:.3g}" for share, one in pairs) + "}"
    is_told = median > LEAST_S
    about = f"sure: {'measured' if is_told else 'guess'}, range: [{median / 2:.2g}, {median * 2:.2g}],"
    source = f'source: "{"measured here" if is_told else "too short to be told apart from what is computed"}"}}'
    head = f"    {own}: {{value: {shown}, unit: {unit}, {about}"
    if len(head) < _WIDTH:
        return [f"{head} {source}"] if len(head) + len(source) < _WIDTH else [head, f"      {source}"]
    return [f"    {own}: {{value: {shown},", f"      unit: {unit}, {about} {source}"]


def _processor() -> str:
    named = (line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name"))
    return next(named, ": unknown").partition(":")[2].strip()
