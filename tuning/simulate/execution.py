"""One execution of the real workflow in virtual time: its calls go to App Engine, its sleeps to the agenda.

Called by executions.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse, Leaf, Log, NewUuid, Now, Sleep, Value
from tuning.simulate.calls import Call
from tuning.simulate.paths import Node, Order, Paths, RealRun, Result, order_of
from tuning.simulate.request import Request

# Second 0 of a load, for the workflow's clock.
EPOCH_S = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_OK = 400  # a status below it


class World(Protocol):
    """What an execution needs around it."""

    agenda: Agenda
    step_s: float

    def hop_s(self, request: int, call: int, /) -> float: ...
    def send(self, call: Call, order: Order, after_s: float) -> None: ...
    def fell_asleep(self) -> None: ...
    def woke_up(self) -> None: ...
    def ended(self, execution: "Execution", internal: int, external: int) -> None: ...
    def failed_call(self) -> None: ...


class Execution:
    """Remembered outcomes as long as the path is known, then the real run."""

    __slots__ = ("_begun", "_node", "_outcomes", "_paths", "_run", "_steps", "_world", "created_s", "request")

    def __init__(self, world: World, paths: Paths, request: Request, created_s: float) -> None:
        self._world = world
        self._paths = paths
        self.request = request
        self.created_s = created_s  # when its task was accepted
        self._node: Node | None = None
        self._run: RealRun | None = None
        self._outcomes: list[Result] = []
        self._steps = 0  # billed so far
        self._begun = -1  # the newest effect of the real run that has begun

    def begin(self) -> None:
        node = self._paths.begin(self._argument)
        if self._paths.is_checked(self.request.number):
            self._run = self._paths.real(self._argument(), ())
            self._paths.check(node, self._run)
        self._at(node)

    def _at(self, node: Node) -> None:
        """The path is known so far."""
        self._node = node
        if node.has_ended:
            self._world.ended(self, node.internal, node.external)
        elif isinstance(node.ask, Order):
            self._call(node.ask, node.internal + node.external, 0)
        elif node.ask is not None:
            self._sleep(node.ask, 0)
        else:
            self._node = None
            if self._run is None:
                self._run = self._paths.real(self._argument(), self._outcomes)
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
                        self._call(order_of(effect), run.bill.internal + run.bill.external, number)
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

    def _call(self, order: Order, steps: int, number: int) -> None:
        world, request = self._world, self.request
        request.calls += 1
        steps, self._steps = steps - self._steps, steps
        after_s = world.hop_s(request.number, request.calls) + steps * world.step_s
        call = Call(
            request, order.kind, order.attempt, request.calls, world.agenda.now_s, partial(self._answered, number)
        )
        world.send(call, order, after_s)

    def _answered(self, number: int, call: Call, outcome: HttpResponse | HttpFailure) -> None:
        is_good = isinstance(outcome, HttpResponse) and outcome.code < _OK
        self.request.bar(call.kind, call.begun_s, self._world.agenda.now_s, is_good)
        if not is_good:
            self._world.failed_call()
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
