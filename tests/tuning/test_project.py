"""Our own files as a project, and app.yaml as App Engine reads it."""

import pytest

from deploy.call import Query
from deploy.calls import CALLS
from deploy.calls import SETTINGS as ASKED
from tests.servers import ROOT
from tuning.app_yaml import read_app_yaml
from tuning.places import Place, Unreadable, key_place, place, root_of
from tuning.project import SETTINGS, WORKFLOW_SETTINGS, ProjectError, read_project
from tuning.sources import from_folder

OURS = from_folder(ROOT)


def test_our_own_files_are_a_project() -> None:
    project = read_project(OURS)
    assert list(project.workflows) == ["mando"]
    assert list(project.queues) == ["create-image-queue", "reply-discord-queue", "urgent-reply-queue"]
    assert (project.filled_queue, *project.next_queues) == tuple(project.queues)
    assert project.reply_queue == project.next_queues[0]
    assert project.environment["mando"]["STEPS_URL"].endswith(".appspot.com"), "calls of the steps are internal steps"
    assert "$" not in "".join(project.environment["mando"].values())
    assert project.app.threads == project.deployment.steps.threads
    assert project.ingress.memory_mib == 512
    assert project.limits.per_minute == 6


def test_files_of_before_the_second_queue_are_a_project_too() -> None:
    lines = OURS["deploy/deployment.yaml"].split("\n")
    newer = ("last_word_s", "REPLY_QUEUE", "reply_waits", "first_s", "longest_s", "last_attempt_s")
    text = "\n".join(line for line in lines if not any(name in line for name in newer))
    app = OURS["app.yaml"].partition("env_variables")[0]
    project = read_project({**OURS, "deploy/deployment.yaml": text, "app.yaml": app})
    steps = project.deployment.steps
    assert (project.reply_queue, steps.last_word_s, steps.reply_waits) == ("", 0, None)
    assert project.next_queues == ("", "")


def test_the_names_that_a_deployment_knows_are_those_that_it_knows() -> None:
    asked_later = {call.name for call in CALLS if isinstance(call, Query)}
    assert set(ASKED) == SETTINGS
    assert asked_later >= WORKFLOW_SETTINGS - SETTINGS


def test_all_mistakes_of_all_files_are_listed_in_order() -> None:
    broken = {
        **OURS,
        "queue.yaml": "queue: [",
        "app.yaml": "runtim: x\ninstance_class: F9\n",
        "workflows/b.yaml": "a: 1",
    }
    with pytest.raises(ProjectError) as caught:
        read_project(broken)
    places = [str(mistake.place) for mistake in caught.value.mistakes]
    assert places == sorted(places)
    assert {place.partition(":")[0] for place in places} == {"app.yaml", "queue.yaml", "workflows/b.yaml"}
    assert "app.yaml:1:1" in places
    assert "app.yaml:2:17" in places


def test_a_file_that_is_missing_is_said() -> None:
    with pytest.raises(ProjectError, match=r"deploy/deployment\.yaml:1:1: there is no such file"):
        read_project({file: text for file, text in OURS.items() if file != "deploy/deployment.yaml"})
    with pytest.raises(ProjectError, match=r"workflows/mando\.yaml:1:1: there is no such file"):
        read_project({file: text for file, text in OURS.items() if not file.startswith("workflows/")})


def test_what_app_yaml_does_not_say_is_as_app_engine_has_it() -> None:
    """Source: App Engine, "app.yaml reference"."""
    scaling = read_app_yaml({"app.yaml": "runtime: python313\n"}, 8)
    assert (scaling.instance_class, scaling.workers, scaling.threads) == ("F1", 1, 8)
    assert (scaling.min_instances, scaling.max_instances, scaling.max_concurrent_requests) == (0, 20, 10)
    assert (scaling.target_cpu_utilization, scaling.target_throughput_utilization) == (0.6, 0.6)
    assert (scaling.min_idle_instances, scaling.max_idle_instances) == (0, None)
    assert (scaling.min_pending_latency_s, scaling.max_pending_latency_s) == (0.0, 10.0)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("max_pending_latency: 30ms", "max_pending_latency_s", 0.03),
        ("max_pending_latency: automatic", "max_pending_latency_s", 10.0),
        ("min_pending_latency: 1.5s", "min_pending_latency_s", 1.5),
        ("max_idle_instances: automatic", "max_idle_instances", None),
        ("max_idle_instances: 3", "max_idle_instances", 3),
        ("target_cpu_utilization: 0.9", "target_cpu_utilization", 0.9),
        ("max_instances: 0", "max_instances", 2_147_483_647),
    ],
)
def test_a_setting_of_app_yaml_is_read(text: str, name: str, value: object) -> None:
    assert getattr(read_app_yaml({"app.yaml": f"runtime: python313\nautomatic_scaling:\n  {text}\n"}, 1), name) == value


# Source: gcloud 528, appinfo.py; App Engine, "app.yaml reference", for the ranges.
@pytest.mark.parametrize(
    "text",
    [
        "max_pending_latency: 3",
        "min_pending_latency: 1.2345s",
        "target_cpu_utilization: 0.4",
        "max_concurrent_requests: 0",
    ],
)
def test_a_setting_that_app_engine_refuses_is_said_at_its_place(text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_app_yaml({"app.yaml": f"runtime: python313\nautomatic_scaling:\n  {text}\n"}, 1)
    assert caught.value.mistakes[0].place == Place("app.yaml", 3, 3 + text.index(":") + 2)


@pytest.mark.parametrize(
    ("entrypoint", "workers"),
    [
        ("gunicorn a", 1),
        ("gunicorn -w 3 a", 3),
        ("gunicorn --workers=4 a", 4),
        ("gunicorn -w2 a", 2),
        ("gunicorn a -w 5", 5),
    ],
)
def test_the_entrypoint_says_how_many_processes_there_are(entrypoint: str, workers: int) -> None:
    """Source: gunicorn, "Settings", workers."""
    assert read_app_yaml({"app.yaml": f"runtime: python313\nentrypoint: {entrypoint}\n"}, 1).workers == workers


def test_a_place_is_that_of_the_value_or_of_what_is_around_it() -> None:
    sources = {"a.yaml": "a:\n  b: [1, 22]\n"}
    assert place(sources, "a.yaml", "a", "b", 1) == Place("a.yaml", 2, 10)
    assert place(sources, "a.yaml", "a", "c") == Place("a.yaml", 2, 3)
    assert key_place(sources, "a.yaml", "a", "b") == Place("a.yaml", 2, 3)
    assert key_place(sources, "a.yaml") == Place("a.yaml", 1, 1)
    assert place(sources, "b.yaml", "a") == Place("b.yaml", 1, 1)


def test_a_line_with_another_indentation_is_said_in_plain_words() -> None:
    text = "runtime: python313\nautomatic_scaling:\n   max_instances: 4\n  max_concurrent_requests: 8\n"
    with pytest.raises(Unreadable, match=r"app\.yaml:4:3: this line is not indented like those above it"):
        root_of({"app.yaml": text}, "app.yaml")
