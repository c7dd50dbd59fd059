"""The standard library: one file a namespace, each with a table FUNCTIONS (name → Function)."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.workflows.effects import ConnectorCall, ConnectorResult, Effects, Value
from local.workflows.errors import WorkflowError

# Source: Workflows, "Expressions", Blocking calls.  What is not listed there may stand in an expression.
_BLOCKING = ("googleapis.", "http.", "experimental.executions.")
_BLOCKING_NAMES = ("events.await_callback", "sys.log", "sys.sleep")
# Source: Workflows, "Secret Manager API Connector Overview": its helper methods may be called in an expression.
_HELPERS = "googleapis.secretmanager."
MISSING = object()  # no default was given, which is not the same as the default null


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the library: its parameters with their defaults, of which the first `required` must be given.

    yields_effects: body is a generator of effects; else it is a plain function.
    needs_environment: body takes the execution's environment variables before the arguments.
    """

    name: str
    body: Callable[..., Any]
    parameters: Mapping[str, Any]
    required: int
    yields_effects: bool
    needs_environment: bool = False

    @property
    def blocks(self) -> bool:
        """Whether only a step may call it, not an expression."""
        if self.name.startswith(_HELPERS):
            return False
        return self.yields_effects and (self.name in _BLOCKING_NAMES or self.name.startswith(_BLOCKING))

    def bind_map(self, arguments: Mapping[str, Value]) -> list[Value]:
        """Arguments by name, in the order of the parameters.  Raises WorkflowError (TypeError)."""
        unknown = [name for name in arguments if name not in self.parameters]
        if unknown:
            raise WorkflowError.tagged("TypeError", f"unexpected argument(s) {unknown} in call of {self.name}")
        missing = [name for name in list(self.parameters)[: self.required] if name not in arguments]
        if missing:
            raise WorkflowError.tagged("TypeError", f"missing argument(s) {missing} in call of {self.name}")
        return [arguments.get(name, default) for name, default in self.parameters.items()]

    def defaults(self, given: int) -> list[Value]:
        """The defaults of the parameters after the first `given`."""
        return list(self.parameters.values())[given:]


def functions(namespace: str, *bodies: Callable[..., Any]) -> dict[str, Function]:
    """A table of the bodies.  A name ends in _ if it is a keyword or built-in of Python."""
    table = {}
    for body in bodies:
        short = body.__name__.rstrip("_")
        name = f"{namespace}.{short}" if namespace else short
        parameters = dict(inspect.signature(body).parameters)
        needs_environment = next(iter(parameters), "") == "environment"
        if needs_environment:
            del parameters["environment"]
        table[name] = Function(
            name,
            body,
            {
                key.rstrip("_"): (None if one.default is inspect.Parameter.empty else one.default)
                for key, one in parameters.items()
            },
            sum(one.default is inspect.Parameter.empty for one in parameters.values()),
            inspect.isgeneratorfunction(body),
            needs_environment,
        )
    return table


def ask_driver(name: str, arguments: Mapping[str, Value]) -> Effects:
    """Let the driver answer a call of that name, for instance from a stub."""
    answer = yield ConnectorCall(name, arguments)
    assert isinstance(answer, ConnectorResult)  # noqa: S101 -- the driver's contract
    return answer.value


def wrong_type(function: str, value: Value, expected: str) -> WorkflowError:
    return WorkflowError.tagged("TypeError", f"{function}: {type_name(value)} given, expected {expected}")


def wrong_operand(function: str, value: Value, expected: str) -> WorkflowError:
    """Source: recorded from the real service for string() of a map; its words for the other types are a guess."""
    names = {bool: "bool", bytes: "bytes", float: "float", int: "int", list: "list", dict: "dict", str: "string"}
    given = names.get(type(value), "null")
    message = f"unsupported operand type for {function}(): '{given}' (expecting {expected})"
    return WorkflowError.tagged("TypeError", message)


def type_name(value: Value) -> str:
    """Source: Workflows, get_type."""
    names = {bool: "boolean", bytes: "bytes", float: "double", int: "integer", list: "list", dict: "map", str: "string"}
    return names.get(type(value), "null")


def text_of(function: str, value: Value) -> str:
    if not isinstance(value, str):
        raise wrong_type(function, value, "string")
    return value
