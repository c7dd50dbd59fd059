"""Answers made by hand, for the tests of what shows them: a quiet hour, and an outage that breaks the promise."""

import dataclasses
import math

from tuning.simulate.answer import (
    Answer,
    Bar,
    CallsPerRequest,
    Executions,
    Histogram,
    Instances,
    Life,
    Line,
    Series,
    Shade,
    Spread,
)

_BUCKET_S = 5.0
_BUCKETS = 420
_EDGES_S = [round(0.1 * 10 ** (step / 10), 4) for step in range(42)]
_LOAD_S = 900.0


def a_quiet_answer() -> Answer:
    """40 a second for 15 minutes, and nothing fails."""
    arrivals = [200.0 if _is_loaded(index) else 0.0 for index in range(_BUCKETS)]
    columns: dict[str, list[float | None]] = {
        "arrivals": list(arrivals),
        "waiting": [2.0 + index % 3 if _is_loaded(index) else 0.0 for index in range(_BUCKETS)],
        "queued": [0.0] * _BUCKETS,
        "asleep": [0.0] * _BUCKETS,
        "executions": [24.0 + index % 5 if _is_loaded(index) else 0.0 for index in range(_BUCKETS)],
        "instances": [min(4.0, 1 + index // 2) for index in range(_BUCKETS)],
        "errors": [0.0] * _BUCKETS,
        "p50": [0.58 + 0.02 * math.sin(index / 9) if _is_loaded(index) else None for index in range(_BUCKETS)],
        "p95": [0.95 + 0.05 * math.sin(index / 7) if _is_loaded(index) else None for index in range(_BUCKETS)],
        "p99": [1.7 + 0.3 * math.sin(index / 5) if _is_loaded(index) else None for index in range(_BUCKETS)],
    }
    return Answer(
        seed=1,
        commit="0123456789abcdef0123456789abcdef01234567",
        sent=36_000,
        refused=0,
        acknowledged=36_000,
        pictures=36_000,
        told=0,
        late=0,
        lost=0,
        unreachable=0,
        duplicates=0,
        s_to_reply=Spread(0.58, 0.97, 1.84, 4.2),
        calls_per_request=CallsPerRequest(1.0, 1.0),
        executions=Executions(29, 0, 8.0),
        queues={"create-image-queue": Line(6, 0.31)},
        instances=Instances(4, 1.92),
        recovered_after_s=None,
        cost_usd={
            "workflows_internal_step": 2.88,
            "appengine_f2": 0.19,
            "tasks_operation": 0.03,
            "total": 3.1,
            "per_million": 86.1,
        },
        kept=True,
        load="40/s for 15 min",
        scenario="none",
        length_s=_LOAD_S,
        series=Series(_BUCKET_S, columns),
        histogram=_histogram([(0.58, 0.28, 36_000)]),
        lives=[_quick_life("typical", 17_000, 0.6), _quick_life("slowest", 12, 4.2)],
        faults=[],
        limits={"executions": 10_000},
        prices_as_of="2026-04-10",
    )


def an_outage() -> Answer:
    """The same load; Discord is down for 10 minutes, and the executions reach their quota."""
    quiet = a_quiet_answer()
    executions = [min(10_000.0, _crowd(index)) for index in range(_BUCKETS)]
    down = [300 <= index * _BUCKET_S < 900 for index in range(_BUCKETS)]
    columns = {
        **quiet.series.columns,
        "executions": executions,
        "asleep": [max(0.0, number - 60) for number in executions],
        "queued": [max(0.0, _crowd(index) - 10_000) for index in range(_BUCKETS)],
        "errors": [_crowd(index) * 0.2 if down[index] else 0.0 for index in range(_BUCKETS)],
        "p50": [_slow(index, 0.58) for index in range(_BUCKETS)],
        "p95": [_slow(index, 0.96) for index in range(_BUCKETS)],
        "p99": [_slow(index, 1.8) for index in range(_BUCKETS)],
    }
    return dataclasses.replace(
        quiet,
        pictures=28_105,
        told=6_914,
        late=0,
        lost=841,
        unreachable=140,
        s_to_reply=Spread(41.2, 644.0, 781.0, 829.4),
        calls_per_request=CallsPerRequest(14.3, 13.9),
        executions=Executions(10_000, 14_120, 212.4),
        queues={"create-image-queue": Line(212, 5.3)},
        instances=Instances(4, 2.6),
        recovered_after_s=402.5,
        cost_usd={
            "workflows_internal_step": 141.2,
            "appengine_f2": 0.26,
            "tasks_operation": 0.06,
            "total": 141.52,
            "per_million": 3931.1,
        },
        kept=False,
        scenario="discord-down",
        series=Series(_BUCKET_S, columns),
        histogram=_histogram([(0.6, 0.3, 12_300), (240.0, 0.8, 15_800)]),
        lives=[_quick_life("typical", 4_000, 0.6), _long_life(300.0, 640.0)],
        faults=[Shade(300.0, 900.0, "Discord down")],
    )


def a_mended_outage() -> Answer:
    """The same load and outage under better rules: what waits is in a queue, and all is shown."""
    broken = an_outage()
    waiting: list[float | None] = [min(24_000.0, max(0.0, _crowd(index) * 0.9)) for index in range(_BUCKETS)]
    columns = {
        **broken.series.columns,
        "waiting": waiting,
        "queued": [0.0] * _BUCKETS,
        "asleep": [0.0] * _BUCKETS,
        "executions": [310.0 if number else 0.0 for number in waiting],
        "errors": [60.0 if 300 <= index * _BUCKET_S < 900 else 0.0 for index in range(_BUCKETS)],
    }
    return dataclasses.replace(
        broken,
        pictures=35_860,
        told=0,
        lost=0,
        executions=Executions(312, 0, 11.2),
        calls_per_request=CallsPerRequest(1.0, 2.4),
        queues={"create-image-queue": Line(40, 1.3), "reply-discord-queue": Line(23_900, 655.0)},
        recovered_after_s=118.0,
        cost_usd={
            "workflows_internal_step": 6.2,
            "appengine_f2": 0.21,
            "tasks_operation": 0.09,
            "total": 6.5,
            "per_million": 180.6,
        },
        kept=True,
        s_to_reply=Spread(38.2, 590.0, 655.0, 702.0),
        series=Series(_BUCKET_S, columns),
    )


def _is_loaded(index: int) -> bool:
    return index * _BUCKET_S < _LOAD_S


def _crowd(index: int) -> float:
    """How many wait for Discord: 40 more a second from 300 s to 900 s, then fewer."""
    now_s = index * _BUCKET_S
    if now_s < 300:
        return 25.0
    return 25 + 40 * (now_s - 300) if now_s < 900 else max(0.0, 24_025 - 45 * (now_s - 900))


def _slow(index: int, quick_s: float) -> float | None:
    now_s = index * _BUCKET_S
    if not _is_loaded(index):
        return None
    return quick_s if now_s < 300 else quick_s + (1000 - now_s) * 0.9


def _histogram(hills: list[tuple[float, float, int]]) -> Histogram:
    """Hills on the logarithmic axis: their middle (seconds), width (decades) and number of pictures."""
    counts = [0] * (len(_EDGES_S) - 1)
    for middle_s, width, total in hills:
        for index, edge_s in enumerate(_EDGES_S[:-1]):
            distance = (math.log10(edge_s) - math.log10(middle_s)) / width
            counts[index] += round(total * math.exp(-4 * distance * distance) * 0.113 / width)
    return Histogram(_EDGES_S, counts)


def _quick_life(title: str, request: int, length_s: float) -> Life:
    bars = [
        Bar("queue", 0.0, 0.25 * length_s, True),
        Bar("generate", 0.25 * length_s, 0.5 * length_s, True),
        Bar("reply", 0.52 * length_s, length_s, True),
    ]
    return Life(title, request, 100.0, 100.0 + length_s, "pictures", [_later(bar, 100.0) for bar in bars])


def _long_life(sent_s: float, length_s: float) -> Life:
    """Attempts that fail, waits that double up to 30 s, and one that succeeds at last."""
    bars = [Bar("queue", 0.0, 0.2, True), Bar("queued", 0.2, 31.0, True)]
    now_s, wait_s = 31.0, 1.0
    while now_s + wait_s + 2 < length_s - 2:
        bars += [Bar("generate", now_s, now_s + 0.3, True), Bar("reply", now_s + 0.3, now_s + 1.1, False)]
        bars.append(Bar("wait", now_s + 1.1, now_s + 1.1 + wait_s, True))
        now_s, wait_s = now_s + 1.1 + wait_s, min(30.0, wait_s * 2)
    bars += [Bar("generate", now_s, now_s + 0.3, True), Bar("reply", now_s + 0.3, now_s + 1.2, True)]
    moved = [_later(bar, sent_s) for bar in bars]
    return Life("slowest", 12_000, sent_s, moved[-1].ends_s, "pictures", moved)


def _later(bar: Bar, by_s: float) -> Bar:
    return Bar(bar.kind, round(bar.begins_s + by_s, 3), round(bar.ends_s + by_s, 3), bar.ok)
