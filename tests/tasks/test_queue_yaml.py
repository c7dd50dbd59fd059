"""queue.yaml: what gcloud would send, and where a mistake is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.retention import YAML_TOMBSTONE_S
from local.tasks.queue_yaml import QueueYamlError, read_queue_yaml
from local.tasks.rules import QueueConfig
from tests.servers import ROOT

PARENT = "projects/demo/locations/us-central1"


def parse(text: str) -> tuple[QueueConfig, ...]:
    return read_queue_yaml(text, "queue.yaml", PARENT).queues


def test_our_own_queue_yaml_says_what_its_comments_say() -> None:
    queue, replies, urgent = parse((ROOT / "queue.yaml").read_text())
    assert queue.name == f"{PARENT}/queues/create-image-queue"
    assert queue.retry.max_attempts == 183
    assert queue.retry.max_retry_duration_s == 14 * 60
    waits = [queue.retry.backoff_s(failures) for failures in range(1, 9)]
    assert waits == [1, 2, 4, 5, 5, 5, 5, 5]
    # Source: Cloud Tasks, RetryConfig.max_retry_duration, and "queue.yaml reference": both limits must be reached.
    last_call_s = sum(queue.retry.backoff_s(failures) for failures in range(1, 183))
    assert 14.9 * 60 < last_call_s < 15.1 * 60
    assert queue.retry.is_exhausted(183, last_call_s)
    assert not queue.retry.is_exhausted(182, last_call_s)
    assert not queue.retry.is_exhausted(183, 13 * 60)
    assert queue.tombstone_s == YAML_TOMBSTONE_S
    assert replies.name == f"{PARENT}/queues/reply-discord-queue"
    assert [replies.retry.backoff_s(failures) for failures in range(1, 8)] == [1, 2, 4, 5, 5, 5, 5]
    assert urgent.name == f"{PARENT}/queues/urgent-reply-queue"
    assert [urgent.retry.backoff_s(failures) for failures in range(1, 6)] == [1, 2, 2, 2, 2]
    life_s = 15 * 60
    for one in (replies, urgent):
        waits_s = sum(one.retry.backoff_s(failures) for failures in range(1, one.retry.max_attempts))
        assert waits_s > life_s, "more than the waits below allow within the token's life"
        assert one.retry.max_retry_duration_s > life_s, "the step ends the task, not the queue"


@pytest.mark.parametrize(
    ("rate", "per_s"), [("5/s", 5), ("30/m", 0.5), ("36/h", 0.01), ("86400/d", 1), ("0.5/s", 0.5), ("0/s", 0)]
)
def test_a_rate_is_so_many_tasks_a_second_minute_hour_or_day(rate: str, per_s: float) -> None:
    (queue,) = parse(f"queue:\n- name: q\n  rate: {rate}\n")
    assert queue.rate.max_dispatches_per_s == pytest.approx(per_s)
    assert queue.state == ("RUNNING" if per_s else "PAUSED")


def test_what_the_file_leaves_out_is_as_gcloud_fills_it_in() -> None:
    (queue,) = parse("queue:\n- name: q\n  rate: 1/s\n")
    assert (queue.rate.max_burst_size, queue.rate.max_concurrent_dispatches) == (5, 1000)
    assert (queue.retry.max_attempts, queue.retry.max_backoff_s, queue.retry.max_doublings) == (-1, 3600, 16)


# Source: gcloud 528, app_deploy_migration_util: a 0 is as good as nothing, and concurrency is cut to what is allowed.
def test_zeros_and_excess_are_read_as_gcloud_reads_them() -> None:
    (queue,) = parse("queue:\n- {name: q, rate: 1/s, bucket_size: 0, max_concurrent_requests: 9000}\n")
    assert (queue.rate.max_burst_size, queue.rate.max_concurrent_dispatches) == (5, 5000)


@pytest.mark.parametrize(
    ("given", "backoff_s"),
    [("max_backoff_seconds: 0.05", (0.05, 0.05)), ("min_backoff_seconds: 7200", (7200, 7200))],
)
def test_the_backoff_that_is_not_given_gives_way(given: str, backoff_s: tuple[float, float]) -> None:
    (queue,) = parse(f"queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {{{given}}}\n")
    assert (queue.retry.min_backoff_s, queue.retry.max_backoff_s) == backoff_s


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "queue.yaml:1:1: the file is empty"),
        ("queue:\n- name: q\n  rate: 5/fortnight\n", "queue.yaml:3:9: expected a rate like 5/s"),
        # Source: gcloud 528 crashes on it; tests/tasks/test_gcloud.py sees it do so.
        ("queue:\n- name: q\n  rate: 0\n", "queue.yaml:3:9: expected a rate like 5/s"),
        ("queue:\n- name: q\n  rate: 501/s\n", "queue.yaml:3:9: a queue dispatches at most 500"),
        ("queue:\n- name: q\n", "queue.yaml:2:3: a queue needs `rate`"),
        ("queue:\n- name: q_q\n  rate: 1/s\n", "queue.yaml:2:9: expected letters"),
        ("queue:\n- name: q\n  rate: 1/s\n  max_attempts: 5\n", "queue.yaml:4:3: unexpected 'max_attempts'"),
        ("queue:\n- name: q\n  rate: 1/s\n  bucket_size: many\n", "queue.yaml:4:16: expected a whole number"),
        ("queue:\n- name: q\n  rate: 1/s\n  bucket_size: [1]\n", "queue.yaml:4:16: expected a whole number"),
        ("queue: 5\n", "queue.yaml:1:8: expected a list"),
        ("? [queue]\n: 1\n", "queue.yaml:1:3: expected a name before the colon"),
        (
            "queue:\n- name: q\n  rate: 1/s\n  mode: pull\n",
            "queue.yaml:4:9: expected push: this local cloud has no pull queues",
        ),
        ("resume_paused_queues: no\n", "queue.yaml:1:23: expected True or False"),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {task_age_limit: 0s}\n",
            "queue.yaml:4:38: expected an age like 14m, 2h or 1d, at least a second",
        ),
        ("queue:\n- name: q\n  rate: 1/s\n- name: q\n  rate: 1/s\n", "the queue 'q' is defined twice"),
        ("queue: [", "queue.yaml:1:9: "),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {min_backoff_seconds: 9, max_backoff_seconds: 1}\n",
            "queue.yaml:4:21: min_backoff_seconds must not be larger",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(QueueYamlError) as caught:
        parse(text)
    assert message in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_a_list_of_queues_or_a_located_error(text: str) -> None:
    try:
        parse(text)
    except QueueYamlError as error:
        assert str(error).startswith("queue.yaml:")
