"""Measure the ingress: PINGs and /mando in a second, and the processor's time for each, beside five peers in turn.

One worker each, eight connections that are kept, and a client in a process of its own which takes less time than the
fastest server.  No two requests have one interaction or one member; all are signed beforehand.  A queue in another
process answers at once; at the end it must hold a task of each /mando of each program that creates one.

What is done for /mando, once the signature is verified:
  mando                     looks at both queues at times, checks, seals the token, creates the task over REST, logs a
                            line
  …, google-cloud-tasks     the peer's way of reading an interaction; the task with Google's library, over gRPC, which
                            takes it two thirds of the time that its REST takes; hikari and the bare ASGI
                            application with its asynchronous client
  …, enqueues nothing       acknowledges, and nobody draws anything: the limit
"""

import contextlib
import itertools
from collections.abc import Iterator, Mapping

import requests

from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.stand_in.bots import Queue, RunningBot, a_queue, ours, peers, running_bot
from bench.stand_in.members import seconds_for, signed
from tests.ingress.function import DISCORD

CONNECTIONS = 8
PING, COMMAND = 1, 2  # Discord's types of interactions
ANSWERS = {PING: 1, COMMAND: 5}  # and of the answers to them
WITH_TASKS, WITHOUT = ", google-cloud-tasks", ", enqueues nothing"

Measured = dict[str, list[float]]


def measure(effort: Effort) -> Iterator[Figure]:
    with contextlib.ExitStack() as running:
        queue = running.enter_context(a_queue())
        *_, hikari, bare = peers(None, WITHOUT)
        bots = [ours(queue), *peers(queue, WITH_TASKS), hikari, bare]
        if effort.is_short:
            bots = [bots[0], bots[1], bare]
        programs = {bot.name: running.enter_context(running_bot(bot)) for bot in bots}
        creating = [name for name in programs if not name.endswith(WITHOUT)]
        rounds, count = effort.of(7), effort.of(800, 16)
        pinged = {name.removesuffix(WITH_TASKS): programs[name] for name in creating}
        yield from _figures("a PING", *_measure(pinged, PING, rounds, count), {"functions-framework + PyNaCl": 0.9})
        ahead = {name: 1.0 for name in creating if name != OURS}
        yield from _figures("/mando", *_measure(programs, COMMAND, rounds, count), ahead)
        _check_tasks(queue, len(creating) * (rounds + 1) * count)


def _measure(programs: Mapping[str, RunningBot], kind: int, rounds: int, count: int) -> tuple[Measured, Measured]:
    """Requests per second, and µs of the processor for each.  The first round only warms up."""
    rates: Measured = {name: [] for name in programs}
    costs_us: Measured = {name: [] for name in programs}
    for round_number, (name, bot) in itertools.product(range(rounds + 1), programs.items()):
        asked = signed(DISCORD, count, kind)
        cpu_s = bot.cpu_s()
        taken_s = seconds_for(asked, bot.port, ANSWERS[kind], CONNECTIONS)
        if round_number > 0:
            rates[name].append(count / taken_s)
            costs_us[name].append(1e6 * (bot.cpu_s() - cpu_s) / count)
    return rates, costs_us


def _figures(what: str, rates: Measured, costs_us: Measured, least: Mapping[str, float]) -> Iterator[Figure]:
    goals = [Goal(bound, is_most=False, peer=peer) for peer, bound in least.items() if peer in rates]
    yield Figure(f"{what} acknowledged", "1/s", "more", rates, goals)
    yield Figure(f"{what} acknowledged, the processor's time", "µs", "less", costs_us)


def _check_tasks(queue: Queue, expected: int) -> None:
    tasks = requests.get(f"http://{queue.rest}/names", timeout=10).json()
    if tasks != expected:
        raise RuntimeError(f"the queue holds {tasks} tasks instead of {expected}")


if __name__ == "__main__":
    alone.main(measure, __doc__)
