"""What counted things cost: tuning/models/prices.yaml → Prices.  Called by simulation and by the checks of the bill.

Every sum is of list prices at one date; whoever prints a sum prints Prices.dated beside it.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tuning.yaml_file import read_yaml

FILE = Path(__file__).parent / "models" / "prices.yaml"
_SCHEMA = Path(__file__).with_name("prices.json")
_DAYS = {"day": 1.0, "month": 30.0}


class UnknownItem(KeyError):
    """Raised when something was counted that has no price."""


@dataclass(frozen=True, slots=True)
class Price:
    """`price` dollars for each `per` of the unit, beyond the `free` ones of every day or month."""

    price: float
    per: float
    unit: str
    free: float
    every: Literal["day", "month"]
    source: str
    sure: str


@dataclass(frozen=True, slots=True)
class Prices:
    """All prices by name."""

    as_of: str
    items: Mapping[str, Price]

    @property
    def dated(self) -> str:
        """What stands beside a sum."""
        return f"list prices of {self.as_of}"

    def dollars(self, item: str, count: float, free_days: float = 0.0) -> float:
        """Raises UnknownItem."""
        if item not in self.items:
            raise UnknownItem(f"'{item}' has no price in {FILE.name}")
        price = self.items[item]
        free = price.free * free_days / _DAYS[price.every]
        return max(count - free, 0.0) * price.price / price.per

    def cost(self, counted: Mapping[str, float], requests: int, free_days: float = 0.0) -> dict[str, float]:
        """Dollars by item, their sum as `total`, and the sum for a million requests as `per_million`.

        free_days: the free amounts of so many days are taken off, none by default.  per_million is 0 without requests.
        Raises UnknownItem.
        """
        by_item = {item: self.dollars(item, count, free_days) for item, count in counted.items()}
        total = sum(by_item.values())
        return {**by_item, "total": total, "per_million": total / requests * 1e6 if requests else 0.0}


def read_prices(path: Path = FILE) -> Prices:
    """Raises FileMistake, OSError."""
    return _prices_of(path.name, path.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=4)  # every simulation and every check asks for the same ones
def _prices_of(file: str, text: str) -> Prices:
    value = read_yaml(file, text, _SCHEMA).value
    return Prices(value["as_of"], {name: Price(**item) for name, item in value["items"].items()})
