"""What the real workflow does after the same outcomes, remembered.  Used by execution.

The interpreter is a pure function of its argument and the outcomes.  So after the same outcomes it asks for the same
next effect, as long as that does not depend on who asks: the requests differ in their ids and times.  Nothing is
remembered from the first question for the time on, and every now and then an execution runs in full to see whether it
holds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from local.workflows.compile.workflow import Workflow
from local.workflows.effects import HttpCall, HttpResponse, Outcome, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches
from local.workflows.run.observer import Bill
from tuning.orders import Order, order_of

Result: TypeAlias = Outcome | WorkflowError

_FIRST, _EVERY = 4, 500  # which requests run in full
_EXECUTION_ID = "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID"


class PathsDiffer(Exception):
    """Raised when what a workflow does depends on which request it is."""


@dataclass(slots=True)
class Node:
    """After some outcomes: what comes next.  ask is None where the real run has to go on, and at the end."""

    ask: Order | float | None  # float: a sleep
    has_ended: bool
    internal: int
    external: int
    next: dict[int, "Node"] = field(default_factory=dict)  # by the outcome's id: each lives for ever


@dataclass(slots=True)
class RealRun:
    """The interpreter at work for one execution."""

    branches: Branches
    bill: Bill


class Paths:
    """Of one workflow.  is_general: whether anything may be remembered."""

    def __init__(self, workflow: Workflow, environment: Mapping[str, str], is_general: bool) -> None:
        self._workflow = workflow
        self._environment = environment
        self.is_general = is_general
        self._root: Node | None = None

    def is_checked(self, number: int) -> bool:
        """Whether this request's execution runs in full."""
        return number < _FIRST or number % _EVERY == 0

    def begin(self, argument: Callable[[], Value]) -> Node:
        """The node before the first outcome."""
        if not self.is_general:
            return _UNKNOWN
        if self._root is None:
            self._root = _node(self.real(argument(), (), 0))
        return self._root

    def after(self, node: Node, outcomes: Sequence[Result], argument: Callable[[], Value]) -> Node:
        """The node after the last of these outcomes; `node` is the one before it."""
        newest = outcomes[-1]
        if isinstance(newest, HttpResponse) and newest.code == _ONE_OF_MANY:
            return _UNKNOWN
        found = node.next.get(id(newest))
        if found is None:
            found = node.next[id(newest)] = _node(self.real(argument(), outcomes, 0))
        return found

    def real(self, argument: Value, outcomes: Sequence[Result], execution: int) -> RealRun:
        """A run that has got these outcomes.  execution: its number, which is its id."""
        bill = Bill()
        environment = {**self._environment, _EXECUTION_ID: str(execution)}
        run = RealRun(Branches(self._workflow.run(argument, environment, None, bill)), bill)
        for outcome in outcomes:
            ((number, _),) = run.branches.pending.items()
            run.branches.resume(number, outcome)
        return run

    def check(self, node: Node, run: RealRun) -> None:
        """Raises PathsDiffer."""
        if node is _UNKNOWN:
            return
        real = _node(run)
        if (real.ask, real.has_ended, real.internal, real.external) != (
            *(node.ask, node.has_ended),
            *(node.internal, node.external),
        ):
            raise PathsDiffer


# A 429 says how long to wait: too many answers to remember what follows each.
_ONE_OF_MANY = 429
_UNKNOWN = Node(None, False, 0, 0)


def _node(run: RealRun) -> Node:
    pending = list(run.branches.pending.values())
    ask: Order | float | None = None
    if len(pending) == 1 and isinstance(pending[0], HttpCall):
        order = order_of(pending[0])
        ask = order if isinstance(order, Order) else None  # a task's name holds the execution's
    elif len(pending) == 1 and isinstance(pending[0], Sleep):
        ask = float(pending[0].seconds)
    return Node(ask, run.branches.ended is not None, run.bill.internal, run.bill.external)
