"""The queues in projects that have queues of others, a paused queue, or the grants of an older deployment."""

from collections.abc import Sequence
from typing import Any

from deploy.call import Call, Query
from deploy.perform import perform
from tests.deploy.google import Google
from tests.deploy.project import PARTS, PLACE, PROGRAMS, SETTINGS, prepare
from tests.servers import ROOT

Json = dict[str, Any]
OURS = ("create-image-queue", "reply-discord-queue", "urgent-reply-queue")


def a_queue(name: str, state: str = "RUNNING") -> Json:
    return {"name": f"{PLACE}/queues/{name}", "state": state}


def deploy_queues(google: Google, calls: Sequence[Call | Query]) -> list[str]:
    prepare(google, "queues")
    said: list[str] = []
    perform(SETTINGS, calls, PROGRAMS, ROOT, said.append)
    return said


def test_a_queue_of_others_goes_on_and_ours_get_the_numbers_of_the_file(google: Google) -> None:
    google.queues = {"theirs": a_queue("theirs")}
    said = deploy_queues(google, PARTS["queues"][:8])
    assert said[0] == "queues of others in this region: theirs"
    assert google.queues["theirs"] == a_queue("theirs")
    assert "deploy queue.yaml" not in google.changes  # it would pause the other one
    assert google.changes == [f"{kind} queue {name}" for name in OURS for kind in ("create", "update")]
    assert google.queues["create-image-queue"]["rateLimits"] == {
        "maxDispatchesPerSecond": 80,
        "maxConcurrentDispatches": 40,
    }
    assert google.queues["create-image-queue"]["retryConfig"] == {
        "maxAttempts": 183,
        "maxRetryDuration": "840s",
        "minBackoff": "1s",
        "maxBackoff": "5s",
        "maxDoublings": 3,
    }


def test_a_queue_that_an_operator_paused_stays_paused(google: Google) -> None:
    google.queues = {name: a_queue(name, "PAUSED") for name in OURS}
    said = deploy_queues(google, PARTS["queues"][:2])
    assert said[0] == "queues of others in this region: none"
    assert google.changes == ["deploy queue.yaml"] * len(OURS)
    assert {queue["state"] for queue in google.queues.values()} == {"PAUSED"}


def test_an_older_deployment_loses_the_role_that_reads_whole_tasks(google: Google) -> None:
    ingress = "serviceAccount:mando-ingress@demo.iam.gserviceaccount.com"
    reader = {"role": "projects/demo/roles/mandoQueueReader", "members": [ingress]}
    viewer = {"role": "roles/cloudtasks.viewer", "members": ["user:operator@example.com", ingress]}
    google.policies[f"v2/{PLACE}/queues/create-image-queue"] = {"etag": "ACAB", "bindings": [reader, viewer]}
    deploy_queues(google, PARTS["queues"][-2:])
    assert google.roles("queues/create-image-queue") == {
        ("mando-ingress@demo.iam.gserviceaccount.com", "projects/demo/roles/mandoQueueReader"),
        ("user:operator@example.com", "roles/cloudtasks.viewer"),
    }
    google.changes.clear()
    assert deploy_queues(google, PARTS["queues"][-2:])[0].endswith(": none")
