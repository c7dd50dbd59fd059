"""In a project that others use, `mando deploy` says what it would take from them, and makes no call."""

from base64 import b64encode
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from cli.main import run
from deploy.call import gcloud
from deploy.calls import host_of
from deploy.run import Runner
from deploy.survey import conflicts
from tests.deploy.google import APP, Google
from tests.deploy.project import OURS, PLACE, PROGRAMS, SETTINGS, prepare
from tests.servers import ROOT

THEIRS = "theirs@example.iam.gserviceaccount.com"


def found(google: Google, *parts: str, service: str = "default") -> list[str]:
    return conflicts(Runner(dict(SETTINGS), PROGRAMS, ROOT), parts, service=service)


def a_version(account: str) -> dict[str, str]:
    return {
        "name": "apps/demo/services/default/versions/v1",
        "id": "v1",
        "runtime": "python313",
        "servingStatus": "SERVING",
        "versionUrl": "https://v1-dot-demo.uc.r.appspot.com",
        "serviceAccount": account,
    }


def test_all_that_is_somebody_elses_is_named_and_nothing_is_changed(
    google: Google, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(google, "bucket")
    google.app = {**APP, "locationId": "europe-west"}
    google.versions = [a_version(THEIRS)]
    google.workflows["mando"] = {"name": f"{PLACE}/workflows/mando", "serviceAccount": f"projects/demo/{THEIRS}"}
    google.functions["mando-ingress"] = {
        "name": f"{PLACE}/functions/mando-ingress",
        "environment": "GEN_2",
        "serviceConfig": {"serviceAccountEmail": THEIRS},
    }
    google.buckets.ensure("demo-mandalas")
    google.buckets.patch("demo-mandalas", {"location": "EU"})
    key = tmp_path / "seal.key"
    key.write_text(b64encode(bytes(PrivateKey(b"k" * 32))).decode())
    words = ["--project", "demo", "--discord-public-key", "ab" * 32, "--seal-key", str(key)]
    assert run(["deploy", *words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("mando deploy: demo is in use; nothing was changed\n")
    assert "  the App Engine app is in europe-west and cannot move" in said
    assert "--location=europe-west1, or another project" in said
    assert f"its version v1, which runs as {THEIRS}, would get no more requests" in said
    assert "  the bucket demo-mandalas is in eu, the rest would be in us-central1: --location=eu" in said
    assert "  the workflow mando is somebody else's" in said
    assert "  the function mando-ingress is somebody else's" in said
    assert google.changes == []


def test_what_is_ours_is_no_conflict(google: Google) -> None:
    prepare(google, "ingress")
    google.app = {**APP, "locationId": "us-central"}
    google.versions = [a_version(f"mando-steps{OURS}")]
    google.workflows["mando"] = {
        "name": f"{PLACE}/workflows/mando",
        "serviceAccount": f"projects/demo/serviceAccounts/mando-workflow{OURS}",
    }
    assert found(google, "project", "steps", "workflow") == []


def test_a_service_of_another_name_stands_beside_theirs_but_cannot_be_the_first(google: Google) -> None:
    prepare(google, "ingress")
    (said,) = found(google, "steps", service="mandalas")
    assert said.startswith("app.yaml names the service mandalas; the first service of an app must be default")
    google.versions = [a_version(THEIRS)]
    assert found(google, "steps", service="mandalas") == []
    (said,) = found(google, "steps")
    assert "the App Engine service default is somebody else's" in said


def test_the_host_of_another_service_has_its_name(google: Google) -> None:
    prepare(google, "steps")
    command = gcloud("app", "describe", f"--format=value({host_of('mandalas')})")
    assert Runner(dict(SETTINGS), PROGRAMS, ROOT).ask(command).text == "mandalas-dot-demo.uc.r.appspot.com"


def test_an_empty_project_has_no_conflict(google: Google) -> None:
    assert found(google, "project", "bucket", "steps", "workflow", "ingress") == []
