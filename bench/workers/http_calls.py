"""HTTP calls of a workflow beside the same calls without one: ours with aiohttp, the emulator's with requests."""

from collections.abc import Callable

from bench.report.figure import OURS
from bench.workers.process import Worker

EMULATOR = "workflows-emulator"


def http_rates(
    ours: Worker, theirs: Worker, target: Worker, source: str, count: int, rounds: int, at_once: int = 1
) -> dict[str, list[float]]:
    """Calls a second.  source: a workflow that makes so many calls of the target, at_once of them at the same time.

    Raises AssertionError where another number of calls has reached the target.
    """
    theirs.run("compile", source=source)
    bare = {"url": target.run("address").result, "calls": count, "at_once": at_once}
    jobs: dict[str, Callable[[], float]] = {
        OURS: lambda: float(ours.run("execute_kept", source=source).result),
        "bare aiohttp": lambda: ours.run("bare", **bare).seconds,
        EMULATOR: lambda: theirs.run("execute", source=source, argument=None).seconds,
        "bare requests": lambda: theirs.run("bare", **bare).seconds,
    }
    rates: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, seconds in jobs.items():
            received = target.run("received").result
            rates[name].append(count / seconds())
            assert target.run("received").result - received == count, name
    return rates
