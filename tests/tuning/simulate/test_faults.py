"""Whom the faults of a part hit: each kind of call has a luck of its own."""

from itertools import pairwise

import pytest

from tests.tuning.simulate.builders import a_model, a_scenario, even
from tuning.simulate.faults import Faults
from tuning.simulate.storage import WHATS, Storage

LOAD = even(1, 1000)
REQUESTS = range(4000)
TOKENS = a_scenario(LOAD, "{part: tokens, kind: error, status: 503, share: 0.5, ends: 10m}")
BUCKET = a_scenario(LOAD, "{part: storage, kind: error, status: 503, share: 0.5, ends: 10m}")


@pytest.mark.parametrize("others", ["new tasks", "starts"])
def test_whose_start_got_no_token_has_no_worse_luck_with_its_other_calls(others: str) -> None:
    """Else whoever waits long before its start would get no token in the calls that follow either."""
    one, other = Faults(TOKENS, "tokens", 1, "steps"), Faults(TOKENS, "tokens", 1, others)
    both = sum(bool(one.hit(1.0, request, 1)) and bool(other.hit(1.0, request, 1)) for request in REQUESTS)
    assert both / len(REQUESTS) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(("one", "other"), list(pairwise(WHATS)))
def test_the_bucket_may_refuse_the_second_call_of_a_step_though_it_took_the_first(one: str, other: str) -> None:
    bucket = Storage(a_model(), BUCKET, 1, 5.0)
    both = sum(
        all(bucket.call(what, 1.0, request, 1)[1] != 200 for what in (one, other))  # type: ignore[arg-type]
        for request in REQUESTS
    )
    assert both / len(REQUESTS) == pytest.approx(0.25, abs=0.03)
