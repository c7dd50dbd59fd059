"""A file has one reason to exist, and is short enough to be read in one go."""

import pytest

from tests.house.files import ROOT, ours

MOST_LINES = 300
# Files that are tables and are looked into, not read.
TABLES = {
    "tests/conformance/connectors.yaml",
    "tests/conformance/errors.yaml",
    "tests/conformance/mistakes.yaml",
    "tests/conformance/places.yaml",
    "tests/conformance/steps.yaml",
}


def lines(file: str) -> int:
    return len((ROOT / file).read_text().splitlines())


@pytest.mark.parametrize("suffix", [".py", ".js", ".html", ".css", ".yaml", ".yml", ".sh"])
def test_no_file_of_code_is_longer_than_can_be_read_in_one_go(suffix: str) -> None:
    long = {file: lines(file) for file in ours(suffix) if file not in TABLES and lines(file) > MOST_LINES}
    assert long == {}


def test_every_table_is_there_and_is_long() -> None:
    assert {file: lines(file) for file in TABLES if lines(file) <= MOST_LINES} == {}
