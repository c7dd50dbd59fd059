"""The whole simulation: it repeats, counts each request once, and agrees with what can be computed by hand."""

import json
import textwrap
from dataclasses import asdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tuning.simulate.builders import a_scenario, cloud, our_project, our_sources, simulated
from tuning.check.answers import REPLY, read_errors
from tuning.check.subject import Subject
from tuning.orders import UnknownCall
from tuning.prices import read_prices
from tuning.project import read_project
from tuning.simulate.load import at_once, even, poisson
from tuning.simulate.simulation import simulate

WAITS = (
    *("ingress__network_s", "ingress__handle_s", "tasks__create_s", "tasks__dispatch_s", "executions__create_s"),
    *("executions__hop_s", "storage__write_s", "storage__read_s", "discord__reply_s"),
)
DOWN = "{part: discord, kind: error, status: 503, ends: %s}"
FAULTS = st.sampled_from(
    [
        DOWN % "20s",
        "{part: discord, kind: hang, share: 0.5, ends: 30s}",
        "{part: discord, kind: slow, median: 8s, max: 20s, ends: 30s}",
        "{part: discord, kind: rate_limit, retry_after: 5s, share: 0.7, ends: 20s}",
        "{part: discord, kind: error, status: 403, body: page, ends: 20s}",
        "{part: storage, kind: error, status: 503, share: 0.5, ends: 20s}",
        "{part: storage, kind: slow, median: 4s, max: 9s, ends: 20s}",
        "{part: steps, kind: error, status: 500, body: page, ends: 20s}",
        "{part: steps, kind: hang, share: 0.3, ends: 20s}",
        "{part: steps, kind: cold}",
        "{part: executions, kind: error, status: 503, ends: 20s}",
        "{part: executions, kind: hang, share: 0.2, ends: 5s}",
        "{part: tasks, kind: error, status: 503, ends: 20s}",
        "{part: tasks, kind: hang, ends: 20s}",
        "{part: tasks, kind: stall, ends: 20s}",
        "{part: tokens, kind: error, status: 503, share: 0.8, ends: 20s}",
    ]
)


def test_the_same_seed_gives_the_same_bytes() -> None:
    load = poisson(8, 40)

    def once(seed: int) -> str:
        answer = simulate(our_project(), load, a_scenario(load, DOWN % "15s", 10), cloud(), seed)
        return json.dumps(asdict(answer))

    assert once(3) == once(3)
    assert once(3) != once(4)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rate=st.integers(1, 30),
    burst=st.integers(0, 60),
    faults=st.lists(FAULTS, min_size=1, max_size=3),
    at_s=st.integers(0, 10),
    seed=st.integers(0, 99),
    bot=st.sampled_from([0, 1]),
)
def test_each_request_is_counted_once(rate: int, burst: int, faults: list[str], at_s: int, seed: int, bot: int) -> None:
    load = even(rate, 6)
    load = at_once(load, burst, 2) if burst else load
    found = simulate(
        *(our_project(), load, a_scenario(load, ", ".join(faults), at_s)),
        cloud().with_value("steps.bot_token", bot),
        seed,
    )
    assert found.sent == load.expected == found.refused + found.acknowledged
    assert found.acknowledged == found.pictures + found.told + found.late + found.lost + found.unreachable
    assert sum(found.histogram.counts) == found.pictures + found.late
    assert sum(filter(None, found.series.columns["arrivals"])) == found.sent


def test_the_answer_has_exactly_the_keys_of_the_issue() -> None:
    said = simulated(even(2, 5)).as_json()
    assert " ".join(said) == (
        "seed commit sent refused acknowledged pictures told late lost unreachable duplicates s_to_reply "
        "calls_per_request executions queues instances recovered_after_s cost_usd kept"
    )
    assert list(said["s_to_reply"]) == ["p50", "p95", "p99", "max"]
    assert list(said["executions"]) == ["most_at_once", "most_queued", "steps_per_request"]
    assert list(said["queues"]["create-image-queue"]) == ["most_waiting", "longest_wait_s"]


def test_in_progress_is_rate_times_time() -> None:
    """Little's law, over the executions."""
    found = simulated(poisson(20, 300))
    at_once = [one for one in found.series.columns["executions"][10:150] if one is not None]
    typical = next(life for life in found.lives if life.title == "typical")
    seconds = typical.ended_s - next(bar.ends_s for bar in typical.bars if bar.kind == "queue")
    assert sum(at_once) / len(at_once) == pytest.approx(20 * seconds, rel=0.1)


def test_a_request_in_vain_makes_as_many_calls_as_it_does_alone() -> None:
    """Three by its execution, then one by each of its tasks, until the token has ended."""
    found = simulated(even(1, 12), DOWN % "20m", model=cloud())
    assert found.unreachable == found.acknowledged == 12
    sources = our_sources()
    alone = Subject(our_project(), read_errors(sources), cloud(), read_prices()).typical_outage
    assert found.calls_per_request.reply == pytest.approx(len(alone.made(REPLY)), rel=0.06)
    assert len(alone.own_calls) == 4
    assert found.calls_per_request.generate == 1


def test_the_limit_of_executions_is_reached_when_the_rate_has_filled_it() -> None:
    """An execution makes three calls of 5 s before its reply waits in the queue.  At 4/s 40 are reached after 10 s."""
    found = simulated(even(4, 60), "{part: discord, kind: hang, ends: 2m}", 20.0, executions__most_at_once=40)
    column = found.series.columns["executions"]
    reached = next(number for number, many in enumerate(column) if many is not None and many >= 40)
    assert (reached + 1) * found.series.bucket_s - 20 == pytest.approx(10, abs=2)
    assert found.executions.most_at_once == 40
    assert found.executions.most_queued > 10


def test_a_reply_that_comes_after_the_tokens_life_is_shown_by_the_bot_alone() -> None:
    """Discord is down until 10 s before the token's end, and the queues stand still until after it."""
    faults = f"{DOWN % '14m50s'}, {{part: tasks, kind: stall, begins: 14m, ends: 16m}}"
    found = simulated(even(1, 2), faults, steps__bot_token=1)
    assert (found.late, found.lost, found.kept) == (2, 0, True)
    assert found.s_to_reply.max is not None
    assert found.s_to_reply.max > 900
    without_bot = simulated(even(1, 2), faults)
    assert (without_bot.late, without_bot.lost) == (0, 2)


def test_a_picture_comes_in_the_last_seconds_of_the_tokens_life() -> None:
    """Discord is down until 6 s before the token's end; the last attempt begins 3 s before it."""
    found = simulated(even(1, 1), DOWN % "14m54s")
    assert (found.pictures, found.kept) == (1, True)
    assert found.s_to_reply.p50 == pytest.approx(898, abs=1.5)


def test_what_waits_keeps_no_execution_alive() -> None:
    found = simulated(even(4, 150), DOWN % "2m", 20.0)
    assert found.kept
    assert found.pictures == found.sent == 600
    assert found.executions.most_at_once < 4 * 8
    assert found.queues["reply-discord-queue"].most_waiting > 4 * 100
    assert found.calls_per_request.generate == 1


def test_a_drawing_that_must_wait_starts_the_workflow_again() -> None:
    found = simulated(even(4, 60), "{part: steps, kind: error, status: 503, ends: 40s}", 10.0)
    assert found.kept
    assert found.pictures == found.sent
    assert found.queues["create-image-queue"].most_waiting > 4 * 20
    assert found.cost_usd["storage_write"] * 200_000 == pytest.approx(found.sent)  # each is drawn once


def test_where_no_task_can_be_made_the_execution_waits_itself() -> None:
    """The connector's own five retries take 8 s; the ingress, which tries twice, takes few commands meanwhile."""
    no_tasks = "{part: tasks, kind: error, status: 503, share: 0.9, ends: 1m}"
    found = simulated(even(4, 100), f"{DOWN % '1m'}, {no_tasks}", 20.0)
    assert found.kept
    assert found.pictures == found.acknowledged
    asleep = found.series.columns["asleep"]
    assert max(one for one in asleep if one is not None) > 3


def test_a_short_outage_is_waited_out() -> None:
    found = simulated(even(5, 120), DOWN % "40s", 40.0)
    assert found.kept
    assert found.pictures == found.sent == 600
    assert found.recovered_after_s is not None
    assert 0 < found.recovered_after_s < 62  # the longest wait is 60 s


@pytest.mark.parametrize(("before", "indent"), [("            - draw:\n", 12), ("    - reply:\n", 4)])
def test_a_path_that_hangs_on_the_request_itself_is_not_remembered(before: str, indent: int) -> None:
    """Every fourth request sleeps first, or between its calls: each does so, whatever the others did."""
    sleep = (
        "- sleep_by_id:\n    switch:\n      - condition: ${int(request.interaction_id) % 4 == 0}\n"
        "        steps:\n          - nap:\n              call: sys.sleep\n              args: {seconds: 50}\n"
    )
    sources = dict(our_sources())
    text = sources["workflows/mando.yaml"]
    sources["workflows/mando.yaml"] = text.replace(before, textwrap.indent(sleep, " " * indent) + before, 1)
    found = simulated(even(4, 20), project=read_project(sources)).histogram
    slow = [count for edge_s, count in zip(found.edges_s, found.counts, strict=False) if edge_s > 45]
    assert sum(slow) == 20


def test_a_call_that_no_model_answers_is_said() -> None:
    sources = dict(our_sources())
    sources["workflows/mando.yaml"] = sources["workflows/mando.yaml"].replace('"/generate-image"', '"/elsewhere"')
    with pytest.raises(UnknownCall, match=r"POST https://.*/elsewhere"):
        simulated(even(1, 2), project=read_project(sources))


def test_progress_ends_at_all_requests() -> None:
    seen: list[tuple[int, int]] = []
    load = even(10, 10)
    simulate(
        our_project(), load, a_scenario(load, "{part: steps, kind: cold}"), cloud(), 1, lambda *one: seen.append(one)
    )
    assert seen[-1] == (100, 100)


def test_refusals_keep_the_promise() -> None:
    found = simulated(even(10, 30), "{part: tasks, kind: error, status: 503, ends: 10s}", 10.0)
    assert found.refused == pytest.approx(100, abs=15)
    assert found.kept


def test_a_limit_of_one_webhook_holds_no_other_request() -> None:
    """One of two is limited, and asks again 4 s later.  A global limit would hold its whole process."""
    limit = "{part: discord, kind: rate_limit, retry_after: 4s, share: 0.5, scope: %s, ends: 60s}"
    own, all_ = (
        simulated(even(4, 60), limit % scope, appengine__fixed_instances=1, ingress__cold_start_s=1e-6)
        for scope in ("webhook", "global")
    )
    assert own.s_to_reply.p50 is not None
    assert all_.s_to_reply.p50 is not None
    assert own.s_to_reply.p50 < 4 < all_.s_to_reply.p50


def test_all_parts_share_the_processors_of_one_machine() -> None:
    """A request computes 0.1 s, 0.05 s for each of two calls, 0.2 s to draw and 0.1 s to reply: half a second."""
    costs = {
        "machine__cores": 2,
        "machine__request_cpu_s": 0.1,
        "machine__call_cpu_s": 0.05,
        "steps__generate_cpu_s": 0.2,
        "steps__reply_cpu_s": 0.1,
        **dict.fromkeys(WAITS, 1e-6),
        "ingress__cold_start_s": 1e-6,
        "executions__step_s": 0,
        "appengine__fixed_instances": 1,
        "appengine__bits_per_s": 1e12,
    }
    for at_once_, seconds in ((1, 0.5), (2, 0.5), (8, 2.0)):
        load = at_once(even(0.01, 100), at_once_ - 1, 0.0)
        found = simulated(load, **costs)  # type: ignore[arg-type]
        assert found.s_to_reply.max == pytest.approx(seconds, rel=0.02)


def test_without_app_engine_no_call_waits_outside_and_is_aborted() -> None:
    """gunicorn takes all; App Engine would give an instance 8 at once, and abort the others after 10 s."""
    found = simulated(at_once(even(0.01, 100), 99, 0.0), storage__write_s=2.0, appengine__fixed_instances=1)
    assert (found.calls_per_request.generate, found.pictures) == (1, 100)
