"""Python's garbage collector in a process that serves.  Called once, when all that stays has been made."""

import gc

# New objects before the young ones are visited; Python's own 700 are a few executions, and 10,000 of them have 600,000
# objects that stay for as long as they sleep.  To visit those again and again was a quarter of the time to wake them.
_YOUNG = 10_000


def visit_seldom() -> None:
    """Visit only what comes later, and less often: else each full collection visits all imported objects, for 60 ms."""
    gc.freeze()  # with the little garbage of the start: to look for it would make the start longer by those 60 ms
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
