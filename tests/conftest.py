"""For all tests."""

from local.workflows.limits import make_room_for_frames


def pytest_configure() -> None:
    """As the command does when it starts."""
    make_room_for_frames()
