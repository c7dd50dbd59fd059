"""Random numbers that depend on the request and the call alone."""

import itertools

import pytest

from tuning.distribution import Distribution, constant, lognormal, percentiles
from tuning.simulate.dice import uniform, values


def test_numbers_are_evenly_spread() -> None:
    draw = uniform(1, "test")
    for many in ([draw(number, 0) for number in range(20_000)], [draw(7, number) for number in range(20_000)]):
        assert 0 < min(many) < max(many) < 1
        for tenth in range(10):
            assert sum(tenth / 10 <= u < (tenth + 1) / 10 for u in many) == pytest.approx(2000, abs=200)
        together = sum((a - 0.5) * (b - 0.5) for a, b in itertools.pairwise(many)) / len(many)
        assert abs(together) < 0.003  # one says nothing of the next


def test_another_seed_and_another_purpose_give_other_numbers() -> None:
    numbers = {uniform(seed, purpose)(5, 6) for seed in range(10) for purpose in ("a", "b")}
    assert len(numbers) == 20
    assert uniform(3, "a")(5, 6) == uniform(3, "a")(5, 6)


@pytest.mark.parametrize(
    "distribution",
    [
        lognormal(2.0, 0.5, 15),
        percentiles({10: 0.062, 50: 0.081, 90: 0.15, 99: 0.22}, 5),
        percentiles({50: 0.35, 90: 0.8, 99: 3}, 12),
    ],
)
def test_a_draw_is_the_quantile_of_its_number(distribution: Distribution) -> None:
    draw, unit = values(1, "test", distribution), uniform(1, "test")
    for number in range(20_000):
        assert draw(number, 1) == pytest.approx(distribution.quantile(unit(number, 1)), rel=0.001)


def test_a_constant_is_itself() -> None:
    assert values(1, "test", constant(0.25))(3, 4) == pytest.approx(0.25)
