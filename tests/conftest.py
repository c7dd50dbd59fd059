"""For all tests: an example of a property may take as long as it takes, as a busy machine is slow at times.

And one browser for all that open a page.
"""

import gc
import logging
import signal
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest_asyncio
from hypothesis import HealthCheck, settings

from local.workflows.limits import raise_recursion_limit
from service import log

if TYPE_CHECKING:
    from playwright.async_api import Browser

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_configure() -> None:
    """As the command does where it runs workflows."""
    raise_recursion_limit()
    # A shell ignores Ctrl-C in what it starts in the background, and so would all that a test starts and interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    gc.disable()  # what is collected stays to the end: there is no garbage to look for


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_runtest_setup() -> None:
    """An app that a test started in this process has told the log its project and set where libraries write to.

    The next test knows nothing of it: what pytest gives as stdout is another one then.
    """
    log._traced_in.clear()
    root = logging.getLogger()
    root.handlers = [one for one in root.handlers if not isinstance(one.formatter, log.JsonLines)]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator["Browser"]:
    """To start one takes more than most tests of a page; what a page keeps is kept apart from the next one's."""
    from tests.browser.chromium import browser_with

    async with browser_with() as started:
        yield started
