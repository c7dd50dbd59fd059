"""Limits of an execution, and the size of a value in memory.

Source: Workflows, "Quotas and limits" and "Variables", memory usage.
"""

import sys
from collections.abc import Collection

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError

MAX_STEPS = 100_000
MAX_CALL_DEPTH = 20
MAX_ASSIGNMENTS = 50  # in one step
MAX_CONDITIONS = 50  # in one switch
MAX_EXPRESSION_CHARACTERS = 400
MAX_STRING_BYTES = 256 * 1024
MAX_MEMORY_BYTES = 512 * 1024  # all variables of an execution together
MAX_RESPONSE_BYTES = 2 * 1024 * 1024
MAX_SOURCE_BYTES = 128 * 1024
MAX_BRANCHES = 10  # of one parallel step
MAX_PARALLEL_DEPTH = 2
MAX_PARALLEL = 20  # branches and iterations of one execution that run at the same time
MAX_BRANCH_ERRORS = 100
MAX_DEPTH = 200  # of a value; ours, so that no value overruns the stack

# Python's limit of 1,000 frames is too low: a step needs several, steps are nested, and calls go 20 deep.
_FRAMES = 10_000

MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1
_OVERHEAD_BYTES = 8
_UNSIZED = frozenset({bool, int, float, type(None)})


def raise_recursion_limit() -> None:
    """Let Python nest as deep as a workflow may.  Called when a program starts, as it changes the whole process."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), _FRAMES))


def memory_bytes(value: Value) -> int:
    """The size of a value: 8 bytes, and the sizes of its parts.  Raises WorkflowError (ResourceLimitError)."""
    size = _size(value, 0)
    if size > MAX_STRING_BYTES:
        _check(value, 0)  # only now may a string be too long, or the value too deep
    return size


def _size(value: Value, depth: int) -> int:
    """The size of a value that is that deep in another; more than a string may have if it is too deep."""
    size = _OVERHEAD_BYTES
    parts: Collection[Value] = ()
    if isinstance(value, dict):
        size += _OVERHEAD_BYTES * len(value) + _text_bytes("".join(value))
        parts = value.values()
    elif isinstance(value, list):
        parts = value
    elif isinstance(value, str):
        size += _text_bytes(value)
    elif isinstance(value, bytes):
        size += len(value)
    if depth == MAX_DEPTH and parts:
        return MAX_MEMORY_BYTES
    for one in parts:  # most are of the first two kinds, for which a call would take longer than the counting
        if type(one) is str and one.isascii():
            size += _OVERHEAD_BYTES + len(one)
        elif type(one) in _UNSIZED:
            size += _OVERHEAD_BYTES
        else:
            size += _size(one, depth + 1)
    return size


def _text_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def _check(value: Value, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise WorkflowError.tagged("ResourceLimitError", f"lists and maps are nested at most {MAX_DEPTH} deep")
    if isinstance(value, str) and _text_bytes(value) > MAX_STRING_BYTES:
        raise WorkflowError.tagged("ResourceLimitError", f"a string holds at most {MAX_STRING_BYTES} bytes")
    if isinstance(value, list):
        for one in value:
            _check(one, depth + 1)
    if isinstance(value, dict):
        for key, one in value.items():
            _check(key, 0)
            _check(one, depth + 1)


def integer(value: int) -> int:
    """The value, if 64 bits hold it.  Raises WorkflowError (ValueError)."""
    if MIN_INTEGER <= value <= MAX_INTEGER:
        return value
    raise WorkflowError.tagged("ValueError", "integer overflow: the result does not fit into 64 bits")
