"""For all tests: an example of a property may take as long as it takes, as a busy machine is slow at times."""

from hypothesis import HealthCheck, settings

from local.workflows.limits import raise_recursion_limit
from service import log

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_configure() -> None:
    """As the command does where it runs workflows."""
    raise_recursion_limit()


def pytest_runtest_setup() -> None:
    """An app that a test started in this process has told the log its project; the next test knows nothing of it."""
    log._traced_in.clear()
