"""Compile the call of a connector; its arguments are checked against the methods of Google's services."""

import yaml

from local.workflows.compile.code import Code, then
from local.workflows.compile.compiler import Compiler
from local.workflows.effects import Effects, Value
from local.workflows.run.interpret import Scope
from local.workflows.stdlib import ask_driver, googleapis, wrong_type
from local.workflows.stdlib.connectors import Connector


def connector_call(compiler: Compiler, connector: Connector, args: yaml.Node | None, arguments: Code) -> Code:
    """An unknown argument that resembles a parameter is a mistake; any other is passed on: our list may lack it.

    No parameter is required.  Source: Google's own samples call translate.v2 with `q`, which its discovery
    document does not have, and create a cluster of container.v1 without its `zone`.
    """
    name = connector.name
    for key, value in compiler.text.pairs(args) if args is not None else []:
        if not connector.takes(str(key.value)):
            compiler.text.check_spelling(key, connector.parameters, f"args of {name}")
        if key.value == "connector_params":
            for inner, _ in compiler.text.pairs(value):
                compiler.text.check_spelling(inner, googleapis.PARAMS, "connector_params")

    def begin(scope: Scope, given: Value) -> Effects:
        if not isinstance(given, dict):
            raise wrong_type(f"args of {name}", given, "map")
        if connector.is_served and name not in scope.execution.stubbed:
            return googleapis.call(connector, given, scope.execution.bill.count_poll)
        return ask_driver(name, given)

    return then(arguments, begin, yields_effects=True)
