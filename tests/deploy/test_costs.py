"""The table of costs in docs/deploying.md."""

from cli.costs import PAGE, table, with_table


def test_the_page_has_the_costs_that_follow_from_prices_and_files() -> None:
    page = PAGE.read_text()
    assert with_table(page, table()) == page, "write it again: python -m cli.costs"


def test_another_price_would_be_seen() -> None:
    page = PAGE.read_text()
    assert with_table(page, table().replace("$", "€")) != page
