"""Read a file that is named on the command line.  It may be any file, even an endless one such as /dev/zero."""

from pathlib import Path


class TooLarge(ValueError):
    """Raised when a file is too large; the message is to follow the file's name."""


def read_at_most(path: Path, most_bytes: int) -> bytes:
    """The content.  Raises OSError, TooLarge."""
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise TooLarge(f"is larger than {most_bytes} bytes")
    return content
