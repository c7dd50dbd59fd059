"""Quantiles agree with the formulas of the distributions that they are of."""

import math
import random
from statistics import NormalDist, fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuning.distribution import Distribution, constant, lognormal, percentiles, up_to

SHARES = st.floats(0, 1)
HOP = percentiles({10: 0.062, 50: 0.081, 90: 0.15, 99: 0.22}, most=5)


@given(SHARES)
def test_a_constant_is_always_the_same(u: float) -> None:
    assert constant(0.25).quantile(u) == pytest.approx(0.25)


@given(st.floats(0.001, 0.999), st.floats(0.001, 100), st.floats(0, 3))
def test_a_log_normal_quantile_is_that_of_the_formula(u: float, median: float, sigma: float) -> None:
    expected = median * math.exp(sigma * NormalDist().inv_cdf(u))
    assert lognormal(median, sigma).quantile(u) == pytest.approx(expected)


def test_numbers_drawn_with_it_have_the_mean_and_deviation_of_a_log_normal() -> None:
    dice = random.Random(7)
    drawn = [math.log(lognormal(2, 0.5).quantile(dice.random())) for _ in range(20_000)]
    assert fmean(drawn) == pytest.approx(math.log(2), abs=0.02)
    assert pstdev(drawn) == pytest.approx(0.5, rel=0.03)


@pytest.mark.parametrize(("percent", "seconds"), [(10, 0.062), (50, 0.081), (90, 0.15), (99, 0.22)])
def test_each_given_percentile_is_met(percent: float, seconds: float) -> None:
    assert HOP.quantile(percent / 100) == pytest.approx(seconds)


def test_between_two_percentiles_the_logarithm_goes_straight_on_the_normal_scale() -> None:
    z50, z90 = 0.0, NormalDist().inv_cdf(0.9)
    middle = NormalDist().cdf((z50 + z90) / 2)
    assert HOP.quantile(middle) == pytest.approx(math.sqrt(0.081 * 0.15))


def test_beyond_the_outer_percentiles_the_outer_lines_go_on() -> None:
    z10, z99 = NormalDist().inv_cdf(0.1), NormalDist().inv_cdf(0.99)
    low, high = NormalDist().cdf(2 * z10), NormalDist().cdf(2 * z99 - NormalDist().inv_cdf(0.9))
    assert HOP.quantile(low) == pytest.approx(0.062**2 / 0.081)
    assert HOP.quantile(high) == pytest.approx(0.22**2 / 0.15)


@given(st.floats(0.01, 10), st.floats(1, 20))
def test_up_to_reaches_its_most_in_one_of_a_thousand(median: float, times: float) -> None:
    slow = up_to(median, median * times)
    assert slow.median == pytest.approx(median)
    assert slow.quantile(0.9989) <= median * times * (1 + 1e-9)
    assert slow.quantile(0.9991) == pytest.approx(median * times)


@given(st.sampled_from([HOP, constant(1), lognormal(2, 0.5, 15), up_to(2, 12)]), SHARES, SHARES)
def test_a_quantile_never_falls_and_stays_within_its_bounds(of: Distribution, u: float, other: float) -> None:
    low, high = sorted((u, other))
    assert 0 < of.quantile(low) <= of.quantile(high) <= of.most


@given(st.floats(0.001, 100), st.floats(0.01, 0.99))
def test_another_median_multiplies_every_value(median: float, u: float) -> None:
    moved = HOP.with_median(median)
    assert moved.median == pytest.approx(median)
    assert moved.quantile(u) / HOP.quantile(u) == pytest.approx(median / 0.081)
