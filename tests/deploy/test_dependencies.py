"""What we depend on is said, pinned and hashed."""

import re
import tomllib

import pytest

from tests.servers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PAGE = (ROOT / "docs" / "decisions" / "004-dependencies.md").read_text()
CLOUD = PROJECT["dependencies"]
DEV = PROJECT["optional-dependencies"]["dev"]


def rows(heading: str) -> list[tuple[list[str], str, str]]:
    """The libraries, what for and what not, of each row of the table under that heading."""
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return [(names.split(", "), why, instead) for names, why, instead in cells[2:]]


def pins(file: str) -> list[str]:
    """Each requirement of a file of pins, on one line."""
    joined = (ROOT / file).read_text().replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.strip().startswith("#")]


def name_of(pin: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", pin, maxsplit=1)[0]


@pytest.mark.parametrize(("heading", "declared"), [("In the cloud", CLOUD), ("On one machine", DEV)])
def test_every_direct_dependency_has_its_row_and_every_row_its_dependency(heading: str, declared: list[str]) -> None:
    assert [name for names, _, _ in rows(heading) for name in names] == declared
    assert all(why and ":" in instead for _, why, instead in rows(heading))


@pytest.mark.parametrize(("file", "declared"), [("requirements.txt", CLOUD), ("requirements-dev.txt", CLOUD + DEV)])
def test_every_requirement_is_pinned_and_hashed_and_none_is_missing(file: str, declared: list[str]) -> None:
    whole = r"[a-z0-9._-]+==\S+ .*--hash=sha256:[0-9a-f]{64}"
    assert [pin for pin in pins(file) if not re.match(whole, pin)] == []
    assert set(declared) <= {name_of(pin) for pin in pins(file)}


def test_what_is_tested_is_what_is_deployed() -> None:
    tested = {pin.split()[0] for pin in pins("requirements-dev.txt")}
    assert {pin.split()[0] for pin in pins("requirements.txt")} <= tested
