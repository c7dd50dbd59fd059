"""A saved queue.yaml is in force at once; what is wrong leaves the last good one; restarts undo nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from local.retention import TOMBSTONE_S, YAML_TOMBSTONE_S
from local.tasks.apply_yaml import apply_queue_yaml
from local.tasks.queue_yaml import QueueYamlError
from local.tasks.rules import QueueConfig
from tests.tasks.face import PARENT, QUEUE, Face, a_face

SLOW = "queue:\n- name: create-image-queue\n  rate: 1/d\n  bucket_size: 1\n"


def apply(face: Face, text: str) -> tuple[QueueConfig, ...]:
    return apply_queue_yaml(text, "queue.yaml", PARENT, face.store, face.dispatcher)


def queue(face: Face, name: str = QUEUE) -> QueueConfig:
    found = face.store.queue(name)
    assert found is not None
    return found


async def test_a_changed_rate_is_in_force_at_once(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        (made,) = apply(face, SLOW)
        assert (made.rate.max_burst_size, made.tombstone_s) == (1, YAML_TOMBSTONE_S)
        for number in range(3):
            await face.create(QUEUE, f"t{number}")
        await face.arrived(1)
        apply(face, SLOW.replace("1/d", "400/s"))
        await face.arrived(3)


async def test_a_broken_text_says_where_and_changes_nothing(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        apply(face, SLOW)
        before = face.store.queues()
        with pytest.raises(QueueYamlError, match=r"^queue\.yaml:3:9: expected a rate like 5/s"):
            apply(face, SLOW.replace("1/d", "1/fortnight"))
        assert face.store.queues() == before


async def test_the_same_text_again_leaves_what_an_operator_did_also_after_a_restart(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        apply(face, SLOW)
        await face.post(f"{QUEUE}:pause")
    async with a_face(tmp_path) as face:
        assert apply(face, SLOW)[0].state == "PAUSED"
        apply(face, SLOW + "  max_concurrent_requests: 3\n")
        assert (queue(face).state, queue(face).rate.max_concurrent_dispatches) == ("RUNNING", 3)


async def test_paused_queues_stay_so_where_the_file_says_so(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        apply(face, SLOW)
        await face.post(f"{QUEUE}:pause")
        apply(face, "resume_paused_queues: False\n" + SLOW)
        assert queue(face).state == "PAUSED"


async def test_a_rate_of_0_pauses_and_the_old_rate_waits_for_the_resuming(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        apply(face, SLOW.replace("1/d", "8/s"))
        apply(face, SLOW.replace("1/d", "0/s"))
        assert (queue(face).state, queue(face).rate.max_dispatches_per_s) == ("PAUSED", 8)


async def test_queues_that_the_file_does_not_name_are_paused_but_for_default_and_other_places(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        elsewhere = QUEUE.replace("us-central1", "europe-west1")
        names = (f"{PARENT}/queues/other", f"{PARENT}/queues/default", elsewhere)
        for name in names:
            face.store.put_queue(QueueConfig(name))
        apply(face, SLOW)
        assert [queue(face, name).state for name in names] == ["PAUSED", "RUNNING", "RUNNING"]


async def test_how_long_names_are_kept_is_fixed_when_a_queue_is_made(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.store.put_queue(replace(QueueConfig(QUEUE), tombstone_s=TOMBSTONE_S))
        apply(face, SLOW)
        assert queue(face).tombstone_s == TOMBSTONE_S


async def test_a_queue_that_was_deleted_comes_back_with_the_same_text(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        apply(face, SLOW)
        await face.ask("DELETE", QUEUE)
        assert [one.name for one in apply(face, SLOW)] == [QUEUE]
