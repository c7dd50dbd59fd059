"""All of the standard library: every namespace's functions and values in one table."""

from collections.abc import Mapping

from local.workflows.effects import Value
from local.workflows.stdlib import Function, http, sys, time, values

FUNCTIONS: Mapping[str, Function] = {**values.FUNCTIONS, **time.FUNCTIONS, **sys.FUNCTIONS, **http.FUNCTIONS}
VALUES: Mapping[str, Value] = http.VALUES
