"""An event loop whose clock jumps to the next timer when there is no other work, so no wait takes real time."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

_MOST_THREAD_S = 30.0  # the longest wait for a thread; a test that waits for nothing fails instead of hanging


class VirtualLoop(asyncio.SelectorEventLoop):
    """now_s is what time() says; it begins at 0."""

    def __init__(self) -> None:
        self.now_s = 0.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self.now_s

    def monotonic(self) -> float:
        """So that the loop can replace the module `time`."""
        return self.now_s


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None:
            self._loop.now_s += timeout
            return super().select(0)
        ready = super().select(_MOST_THREAD_S)
        assert ready, "no timer and no thread is left: the test waits for nothing"
        return ready


def in_virtual_time(begin: Callable[[VirtualLoop], Coroutine[Any, Any, Result]]) -> Result:
    """Run the coroutine to its end; its result."""
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(begin(loop))
