"""All of the standard library: every namespace's functions and values in one table."""

from collections.abc import Mapping

from local.workflows.effects import Value
from local.workflows.stdlib import (
    Function,
    encoding,
    events,
    executions,
    gke,
    googleapis,
    http,
    json,
    sys,
    text,
    time,
    values,
)

FUNCTIONS: Mapping[str, Function] = {
    name: function
    for module in (values, text, json, encoding, time, sys, http, events, googleapis, executions, gke)
    for name, function in module.FUNCTIONS.items()
}
VALUES: Mapping[str, Value] = http.VALUES
