"""One execution of the real workflow in virtual time.  Called by executions.

Its calls go to App Engine or to Cloud Tasks, its sleeps to the agenda.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse, Leaf, Log, NewUuid, Now, Sleep, Value
from tuning.orders import EPOCH_S, NewTask, Order, order_of
from tuning.simulate.calls import Call, StepCalls
from tuning.simulate.paths import Node, Paths, RealRun, Result
from tuning.simulate.request import Request
from tuning.simulate.tasks import Tasks


class World(Protocol):
    """What an execution needs around it."""

    agenda: Agenda
    step_s: float
    calls: StepCalls
    tasks: Tasks

    def hop_s(self, request: int, call: int, /) -> float: ...
    def fell_asleep(self) -> None: ...
    def woke_up(self) -> None: ...
    def ended(self, execution: "Execution", internal: int, external: int) -> None: ...


class Execution:
    """Remembered outcomes as long as the path is known, then the real run.  number: counts all executions."""

    __slots__ = ("_begun", "_node", "_number", "_outcomes", "_paths", "_run", "_steps", "_world", "request")

    def __init__(self, world: World, paths: Paths, request: Request, number: int) -> None:
        self._world = world
        self._paths = paths
        self._number = number
        self.request = request
        self._node: Node | None = None
        self._run: RealRun | None = None
        self._outcomes: list[Result] = []
        self._steps = 0  # billed so far
        self._begun = -1  # the newest effect of the real run that has begun

    def begin(self) -> None:
        node = self._paths.begin(self._argument)
        if self._paths.is_checked(self.request.number):
            self._run = self._paths.real(self._argument(), (), self._number)
            self._paths.check(node, self._run)
        self._at(node)

    def _at(self, node: Node) -> None:
        """The path is known so far."""
        self._node = node
        if node.has_ended:
            self._world.ended(self, node.internal, node.external)
        elif isinstance(node.ask, Order):
            self._call(node.ask, self._after_s(node.internal + node.external), 0)
        elif node.ask is not None:
            self._sleep(node.ask, 0)
        else:
            self._node = None
            if self._run is None:
                self._run = self._paths.real(self._argument(), self._outcomes, self._number)
            self._go_on(self._run)

    def _resume(self, number: int, outcome: Result) -> None:
        if self._node is not None:
            self._outcomes.append(outcome)
            node = self._paths.after(self._node, self._outcomes, self._argument)
            if self._run is not None:
                ((first, _),) = self._run.branches.pending.items()
                self._run.branches.resume(first, outcome)
                self._paths.check(node, self._run)
            self._at(node)
        else:
            run = self._run
            assert run is not None  # noqa: S101 -- _at has made it
            run.branches.resume(number, outcome)
            self._go_on(run)

    def _go_on(self, run: RealRun) -> None:
        """Begin what is new in the real run."""
        branches = run.branches
        while True:
            at_once: list[tuple[int, Leaf]] = []
            for number, effect in branches.pending.items():
                if number > self._begun:
                    self._begun = number
                    if isinstance(effect, Sleep):
                        self._sleep(effect.seconds, number)
                    elif isinstance(effect, Now | NewUuid | Log):
                        at_once.append((number, effect))
                    else:
                        order, after_s = order_of(effect), self._after_s(run.bill.internal + run.bill.external)
                        if isinstance(order, NewTask):
                            self._world.tasks.create(self.request, order, after_s, partial(self._resume, number))
                        else:
                            self._call(order, after_s, number)
            if not at_once:
                break
            for number, effect in at_once:
                branches.resume(number, self._at_once(effect))
        if branches.ended is not None:
            self._world.ended(self, run.bill.internal, run.bill.external)

    def _at_once(self, effect: Leaf) -> Result:
        if isinstance(effect, Now):
            return EPOCH_S + self._world.agenda.now_s
        if isinstance(effect, NewUuid):
            return f"00000000-0000-4000-8000-{self.request.number:012x}"
        return None

    def _after_s(self, steps: int) -> float:
        """How long a call is on its way, after so many billed steps in all."""
        request, world = self.request, self._world
        request.calls += 1
        steps, self._steps = steps - self._steps, steps
        return world.hop_s(request.number, request.calls) + steps * world.step_s

    def _call(self, order: Order, after_s: float, number: int) -> None:
        world, request = self._world, self.request
        answered = partial(self._answered, number)
        call = Call(request, order.kind, request.calls, world.agenda.now_s, answered, None, order.attempt)
        world.calls.send(call, order.timeout_s, after_s)

    def _answered(self, number: int, call: Call, outcome: HttpResponse | HttpFailure) -> None:
        self._world.calls.note(call, outcome)
        self._resume(number, outcome)

    def _sleep(self, seconds: float, number: int) -> None:
        world = self._world
        world.fell_asleep()
        now_s = world.agenda.now_s
        world.agenda.add(now_s + seconds, partial(self._woke_up, number, now_s))

    def _woke_up(self, number: int, began_s: float) -> None:
        self._world.woke_up()
        self.request.bar("wait", began_s, self._world.agenda.now_s, True)
        self._resume(number, None)

    def _argument(self) -> Value:
        """schemas/request.json."""
        request = self.request
        return {
            "interaction_id": str(1_300_000_000_000_000_000 + request.number * 4_194_301),
            "application_id": "1200000000000000000",
            "sealed_token": "s" * 280,
            "channel_id": "1200000000000000001",
            "user_id": "1200000000000000002",
            "locale": "en-US",
            "options": {},
            "received_at": _instant(request.received_s),
            "expires_at": _instant(request.expires_s),
        }


def _instant(at_s: float) -> str:
    return datetime.fromtimestamp(EPOCH_S + at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
