"""Files that are named on the command line: any at all, also one that has no end."""

from pathlib import Path


class TooLarge(ValueError):
    """Raised when a file holds more than it may; the message goes on after the file's name."""


def read_at_most(path: Path, most_bytes: int) -> bytes:
    """Raises OSError, TooLarge."""
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise TooLarge(f"is larger than {most_bytes} bytes")
    return content
