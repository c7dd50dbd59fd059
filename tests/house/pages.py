"""Our pages in Markdown: their links, paths and commands."""

import re

from tests.house.files import ours

PAGES = [file for file in ours(".md") if file != "CHANGELOG.md"]  # it describes the past

_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[\w-]+)?\)")
_PATH = re.compile(r"`([\w.-]+(?:/[\w.*-]+)*/?)`")
_COMMANDS = re.compile(r"^```sh\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


def links(page: str) -> list[str]:
    """The targets of its links to other files, without #fragments."""
    return [target for target in _LINK.findall(page) if "://" not in target]


def paths(page: str, tops: set[str]) -> list[str]:
    """The paths in backticks whose first folder is in the repository."""
    return [path for path in _PATH.findall(page) if "/" in path and path.split("/")[0] in tops]


def commands(page: str) -> list[str]:
    """Every line of its shell blocks, without comments."""
    lines = [line for block in _COMMANDS.findall(page) for line in block.replace("\\\n", " ").splitlines()]
    return [" ".join(line.split("  #")[0].split()) for line in lines if line.strip() and not line.startswith("#")]
