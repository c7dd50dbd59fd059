"""queue.yaml and what comes of it, compared whole: every key of a queue, and what is there where the file is silent.

Source: "queue.yaml reference"; gcloud 528, app_deploy_migration_util, for what it fills in and reads as nothing.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.tasks.apply_yaml import apply_queue_yaml
from local.tasks.queue_yaml import QueueYamlError, read_queue_yaml
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from tests.tasks.face import PARENT, QUEUE, a_face
from tests.tasks.test_at_its_limit import a_line

SILENT = QueueConfig(
    f"{PARENT}/queues/q",
    RateLimits(1.0, 5, 1000),
    RetryConfig(-1, 0.0, 0.1, 3600.0, 16),
    "RUNNING",
    tombstone_s=777_600.0,
    task_ttl_s=315_360_000.0,
)


def only(line: str) -> QueueConfig:
    """The queue q of a file with that line, at 1/s where the line says no other rate."""
    rate = "" if line.startswith("rate:") else "  rate: 1/s\n"
    (queue,) = read_queue_yaml(f"queue:\n- name: q\n{rate}  {line}\n", "queue.yaml", PARENT).queues
    return queue


def test_a_key_of_queue_yaml_is_lost_or_refused() -> None:
    text = """
total_storage_limit: 120M
resume_paused_queues: True
queue:
- name: a-Z9
  rate: 5.5/s
  mode: push
  bucket_size: 7
  max_concurrent_requests: 8
  target: worker
  retry_parameters:
    task_retry_limit: 9
    task_age_limit: 10m
    min_backoff_seconds: 1.5
    max_backoff_seconds: 12
    max_doublings: 13
- name: q
  rate: 1/s
"""
    read = read_queue_yaml(text, "queue.yaml", PARENT)
    full = replace(
        SILENT,
        name=f"{PARENT}/queues/a-Z9",
        rate=RateLimits(5.5, 7, 8),
        retry=RetryConfig(10, 600.0, 1.5, 12.0, 13),
    )
    assert (read.queues, read.resumes_paused) == ((full, SILENT), True)


@pytest.mark.parametrize(
    ("line", "rate", "retry"),
    [
        ("bucket_size: 0", {}, {}),
        ("bucket_size: 1", {"max_burst_size": 1}, {}),
        ("bucket_size: 500", {"max_burst_size": 500}, {}),
        ("max_concurrent_requests: 0", {}, {}),
        ("max_concurrent_requests: 1", {"max_concurrent_dispatches": 1}, {}),
        ("max_concurrent_requests: 4999", {"max_concurrent_dispatches": 4999}, {}),
        ("max_concurrent_requests: 5001", {"max_concurrent_dispatches": 5000}, {}),
        ("max_concurrent_requests: 2147483647", {"max_concurrent_dispatches": 5000}, {}),
        ("rate: 500/s", {"max_dispatches_per_s": 500.0}, {}),
        ("rate: 2./m", {"max_dispatches_per_s": 0.033333333}, {}),
        ("rate: 1/h", {"max_dispatches_per_s": 0.000277778}, {}),
        ("rate: 1/d", {"max_dispatches_per_s": 0.000011574}, {}),
        ("retry_parameters: {}", {}, {}),
        ("retry_parameters: {task_retry_limit: 0}", {}, {"max_attempts": 1}),
        ("retry_parameters: {task_retry_limit: 2147483646}", {}, {"max_attempts": 2**31 - 1}),
        ("retry_parameters: {min_backoff_seconds: 0}", {}, {}),
        ("retry_parameters: {max_backoff_seconds: 0}", {}, {}),
        ("retry_parameters: {max_backoff_seconds: 1000000000}", {}, {"max_backoff_s": 1e9}),
        (
            "retry_parameters: {min_backoff_seconds: 2, max_backoff_seconds: 2}",
            {},
            {"min_backoff_s": 2.0, "max_backoff_s": 2.0},
        ),
        ("retry_parameters: {max_doublings: 0}", {}, {}),
        ("retry_parameters: {max_doublings: 1}", {}, {"max_doublings": 1}),
        ("retry_parameters: {max_doublings: 2147483647}", {}, {"max_doublings": 2**31 - 1}),
        ("retry_parameters: {task_age_limit: 1s}", {}, {"max_retry_duration_s": 1.0}),
    ],
)
def test_a_line_of_queue_yaml_makes_another_queue(line: str, rate: dict[str, Any], retry: dict[str, Any]) -> None:
    assert only(line) == replace(SILENT, rate=replace(SILENT.rate, **rate), retry=replace(SILENT.retry, **retry))


KNOWN = "bucket_size, max_concurrent_requests, mode, name, rate, retry_parameters, target"
RETRIES = "max_backoff_seconds, max_doublings, min_backoff_seconds, task_age_limit, task_retry_limit"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("queue:\n- rate: 1/s\n", "2:3: a queue needs `name`"),
        ("queue:\n- 5\n", f"2:3: expected a map with {KNOWN}"),
        ("queues: []\n", "1:1: unexpected 'queues', expected one of queue, resume_paused_queues, total_storage_limit"),
        ("queue:\n- name: q\n  rat: 1/s\n", f"3:3: unexpected 'rat', expected one of {KNOWN}"),
        ("queue:\n- name: q\n  rate: 1/s\n  name: r\n", "4:3: 'name' is given twice"),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {x: 1}\n",
            f"4:22: unexpected 'x', expected one of {RETRIES}",
        ),
        ("queue:\n- name: q\n  rate: 1/s\n  bucket_size: 501\n", "4:16: expected a whole number from 0 to 500"),
        (
            "queue:\n- name: q\n  rate: 1/s\n  max_concurrent_requests: 2147483648\n",
            "4:28: expected a whole number from 0 to 2147483647",
        ),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {task_retry_limit: 2147483647}\n",
            "4:40: expected a whole number from 0 to 2147483646",
        ),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {max_doublings: 2147483648}\n",
            "4:37: expected a whole number from 0 to 2147483647",
        ),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {max_backoff_seconds: 1000000001}\n",
            "4:43: expected a number of seconds from 0 to 1000000000.0",
        ),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {min_backoff_seconds: -0.5}\n",
            "4:43: expected a number of seconds from 0 to 1000000000.0",
        ),
        (
            "queue:\n- name: q\n  rate: 1/s\n  retry_parameters: {min_backoff_seconds: soon}\n",
            "4:43: expected a number of seconds",
        ),
    ],
)
def test_a_mistake_in_queue_yaml_is_told_at_another_place_or_in_other_words(text: str, message: str) -> None:
    with pytest.raises(QueueYamlError) as caught:
        read_queue_yaml(text, "queue.yaml", PARENT)
    assert str(caught.value) == f"queue.yaml:{message}"


@pytest.mark.parametrize("text", ["total_storage_limit: 120M\n", "queue: []\n"])
def test_a_file_without_a_queue_is_refused(text: str) -> None:
    assert read_queue_yaml(text, "queue.yaml", PARENT).queues == ()


HELD = QueueConfig(
    QUEUE, RateLimits(8.0, 9, 10), RetryConfig(11, 12.0, 13.0, 14.0, 15), tombstone_s=3600.0, task_ttl_s=864_000.0
)
RETRY = RetryConfig(3, 0.0, 0.1, 3600.0, 16)


@pytest.mark.parametrize(
    ("state", "file", "rate", "after"),
    [
        ("RUNNING", "", "1/s", replace(HELD, rate=RateLimits(1.0, 5, 1000), retry=RETRY)),
        ("PAUSED", "", "1/s", replace(HELD, rate=RateLimits(1.0, 5, 1000), retry=RETRY)),
        ("PAUSED", "False", "1/s", replace(HELD, rate=RateLimits(1.0, 5, 1000), retry=RETRY, state="PAUSED")),
        ("RUNNING", "False", "1/s", replace(HELD, rate=RateLimits(1.0, 5, 1000), retry=RETRY)),
        ("RUNNING", "", "0/s", replace(HELD, rate=RateLimits(8.0, 5, 1000), retry=RETRY, state="PAUSED")),
    ],
)
async def test_a_saved_queue_yaml_changes_what_is_fixed_or_leaves_what_it_says(
    tmp_path: Path, state: str, file: str, rate: str, after: QueueConfig
) -> None:
    async with a_line(tmp_path, replace(HELD, state=state)) as line:  # type: ignore[arg-type]
        resumes = f"resume_paused_queues: {file}\n" if file else ""
        entry = f"{resumes}queue:\n- name: create-image-queue\n  rate: {rate}\n"
        text = f"{entry}  retry_parameters: {{task_retry_limit: 2}}\n"
        assert apply_queue_yaml(text, "queue.yaml", PARENT, line.store, line.dispatcher) == (after,)
        assert line.store.queue(QUEUE) == after


async def test_one_of_two_queues_that_was_deleted_stays_away_or_brings_another_back(tmp_path: Path) -> None:
    """Also: a queue that the file does not name keeps the state that is no running one."""
    async with a_face(tmp_path) as face:
        text = "queue:\n- {name: a, rate: 1/s}\n- {name: b, rate: 1/s}\n"
        other = QueueConfig(f"{PARENT}/queues/c", state="DISABLED")
        face.store.put_queue(other)
        first = apply_queue_yaml(text, "queue.yaml", PARENT, face.store, face.dispatcher)
        assert [(one.name[-1], one.state) for one in first] == [("a", "RUNNING"), ("b", "RUNNING")]
        await face.ask("DELETE", f"{PARENT}/queues/a")
        assert apply_queue_yaml(text, "queue.yaml", PARENT, face.store, face.dispatcher) == first
        assert face.store.queues() == [*first, other]
