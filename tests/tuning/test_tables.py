"""docs/tuning.md shows our YAML as it is."""

import pytest

from tuning.parameters import PARAMETERS
from tuning.prices import read_prices
from tuning.simulate.fault import NEEDED, PARTS
from tuning.simulate.scenario import names
from tuning.tables import PAGE, TABLES, page_with


@pytest.mark.parametrize("name", TABLES)
def test_the_page_shows_the_files_as_they_are(name: str) -> None:
    page = PAGE.read_text()
    assert page_with(page, name, TABLES[name]()) == page, "run `make docs`"


def test_every_scenario_parameter_and_price_has_a_row() -> None:
    for name, rows in (("scenarios", names()), ("models", PARAMETERS), ("prices", read_prices().items)):
        shown = [line.split("`")[1] for line in TABLES[name]().splitlines()[2:]]
        assert sorted(shown) == sorted(rows)


def test_made_up_scenarios_come_first_then_incidents_in_order() -> None:
    shown = [line.split("`")[1] for line in TABLES["scenarios"]().splitlines()[2:]]
    assert shown[0] == "429-storm"
    assert (shown[9], shown[-1]) == ("tokens-2015-03-05", "edge-2025-12-05")


def test_each_row_has_as_many_cells_as_the_head() -> None:
    for table in TABLES.values():
        assert len({line.count("|") for line in table().splitlines()}) == 1


def test_every_kind_of_fault_is_told_with_what_it_needs() -> None:
    rows = {line.split("`")[1]: line for line in PAGE.read_text().splitlines() if line.startswith("| `")}
    for kind in PARTS:
        told = rows[kind].split("|")[4]
        assert all(f"`{needed}`" in told for needed in NEEDED[kind]), kind
        assert rows[kind].split("|")[2].strip().split(", ") == (
            ["every part"] if len(PARTS[kind]) == 6 else sorted(PARTS[kind], key=rows[kind].index)
        )


def test_a_page_without_the_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="the page has no block from <!-- make docs: models -->"):
        page_with("# Tuning\n", "models", "| a |")
