"""Which status an error that a step raised becomes, as the app answers it."""

from steps.app import failure_of


def status_of(error: Exception) -> int:
    return failure_of(error)[1].status
