"""What counted things cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuning.simulate.builders import our_sources, simulated
from tuning.app_yaml import INSTANCE_CLASSES
from tuning.prices import FILE, UnknownItem, read_prices
from tuning.project import read_project
from tuning.simulate.load import even

PRICES = read_prices()


def test_every_sum_has_the_date_of_its_prices() -> None:
    assert PRICES.dated == f"list prices of {PRICES.as_of}"
    assert f'as_of: "{PRICES.as_of}"' in FILE.read_text()


@pytest.mark.parametrize(
    ("item", "count", "dollars"),
    [
        ("workflows_internal_step", 1_000_000, 10),
        ("workflows_external_step", 1_000_000, 25),
        ("tasks_operation", 1_000_000, 0.4),
        ("appengine_f2", 3600, 0.1),
        ("appengine_egress", 1e9, 0.12),
        ("functions_vcpu", 1_000, 0.024),
        ("storage_write", 1000, 0.005),
        ("storage_read", 1000, 0.0004),
    ],
)
def test_an_item_costs_what_its_list_price_says(item: str, count: float, dollars: float) -> None:
    """Source: the fact sheet's prices, by name of the service; each is said again in the file with its own source."""
    assert PRICES.dollars(item, count) == pytest.approx(dollars)


def test_every_instance_class_has_its_own_price() -> None:
    prices = {name: PRICES.dollars(f"appengine_{name.lower()}", 3600) for name in INSTANCE_CLASSES}
    assert prices["F4_1G"] > prices["F4"] == 2 * prices["F2"] == 4 * prices["F1"]


def test_an_f4_with_more_memory_is_billed_as_one() -> None:
    text = our_sources()["app.yaml"].replace("instance_class: F2", "instance_class: F4_1G")
    answer = simulated(even(1, 5), project=read_project({**our_sources(), "app.yaml": text}))
    assert [item for item in answer.cost_usd if item.startswith("appengine_f")] == ["appengine_f4_1g"]


def test_one_lone_request_holds_an_instance_for_a_quarter_of_an_hour() -> None:
    assert PRICES.cost({"appengine_f2": 900}, 1)["total"] == pytest.approx(0.025)


def test_the_sum_and_the_sum_for_a_million_stand_beside_the_items() -> None:
    cost = PRICES.cost({"tasks_operation": 2000, "storage_write": 1000}, 1000)
    assert cost == pytest.approx(
        {"tasks_operation": 0.0008, "storage_write": 0.005, "total": 0.0058, "per_million": 5.8}
    )


def test_without_requests_a_million_of_them_costs_nothing() -> None:
    assert PRICES.cost({}, 0) == {"total": 0, "per_million": 0}


@pytest.mark.parametrize(
    ("item", "free", "days"),
    [("workflows_internal_step", 5000, 30), ("tasks_operation", 1e6, 30), ("appengine_f1", 100_800, 1)],
)
def test_a_free_amount_is_taken_off_below_at_and_above_it(item: str, free: float, days: float) -> None:
    price = PRICES.items[item]
    assert PRICES.dollars(item, free - 1, days) == 0
    assert PRICES.dollars(item, free, days) == 0
    assert PRICES.dollars(item, free + 1, days) == pytest.approx(price.price / price.per)
    assert PRICES.dollars(item, 1) == pytest.approx(price.price / price.per)


@given(st.sampled_from(sorted(PRICES.items)), st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 60))
def test_more_never_costs_less_and_free_amounts_never_cost_more(item: str, a: float, b: float, days: float) -> None:
    few, many = sorted((a, b))
    assert 0 <= PRICES.dollars(item, few, days) <= PRICES.dollars(item, many, days) <= PRICES.dollars(item, many)


def test_what_has_no_price_is_refused() -> None:
    with pytest.raises(UnknownItem, match=r"'pictures' has no price in prices\.yaml"):
        PRICES.cost({"pictures": 1}, 1)
