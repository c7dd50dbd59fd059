"""A deployment with the real gcloud: made, examined, broken, examined again, and taken away."""

import io
import os
from base64 import b64encode
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from cli.main import run
from tests.deploy.google import APP, Google
from tests.deploy.project import OURS, PLACE
from tests.ingress.function import DISCORD, an_ingress

QUEUE = "create-image-queue"
NOWHERE = "127.0.0.1:9"  # the host of the steps: no test asks an address of the internet


def deploy(tmp_path: Path, *words: str) -> int:
    key = tmp_path / "seal.key"
    key.write_text(b64encode(bytes(PrivateKey(b"k" * 32))).decode())
    settings = ["--project", "demo", "--discord-public-key", DISCORD.public_key_hex, "--seal-key", str(key)]
    return run(["deploy", *settings, *words])


def examined(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, str]]:
    """The exit code of `mando doctor`, and its findings with their commands."""
    capsys.readouterr()
    code = run(["doctor", "--project", "demo", *words])
    *lines, _ = capsys.readouterr().out.splitlines()
    return code, dict(zip(lines[::2], (line.strip() for line in lines[1::2]), strict=True))


by_hand = pytest.mark.skipif(
    "MANDO_LIFE" not in os.environ, reason="two hundred calls of gcloud take minutes: make life"
)


@by_hand
@pytest.mark.timeout(600)
def test_a_deployment_is_made_examined_and_taken_away(
    google: Google, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    google.app = {**APP, "locationId": "us-central", "defaultHostname": NOWHERE}
    google.discord.verify_key = DISCORD.public_key_hex
    assert deploy(tmp_path) == 0

    process, url = an_ingress("http://127.0.0.1:9")
    with process:
        google.functions["mando-ingress"]["serviceConfig"]["uri"] = url
        google.discord.endpoint = url
        code, found = examined(capsys)
        assert list(found) == [f"the steps do not answer at https://{NOWHERE}: ConnectionError"]
        assert code == 1

        break_it(google)
        code, found = examined(capsys)
    again = "mando deploy --project demo --location us-central1 --only "
    assert found == {
        "not enabled: workflows.googleapis.com": f"{again}project",
        "serviceAccount:mando-steps@demo.iam.gserviceaccount.com has not the role roles/storage.objectCreator on "
        "gs://demo-mandalas": f"{again}bucket",
        "the bucket does not delete pictures as deploy/lifecycle.json says": f"{again}bucket",
        f"serviceAccount:mando-workflow{OURS} has not the role roles/cloudtasks.enqueuer on {QUEUE}": f"{again}queues",
        f"the queue {QUEUE} is paused: its tasks wait": f"gcloud tasks queues resume {QUEUE} --project=demo "
        "--location=us-central1",
        f"the queue {QUEUE} differs from queue.yaml, which says --max-attempts=183": f"{again}queues",
        "the role mandoQueueReader allows ['cloudtasks.tasks.get']": f"{again}queues",
        "another text of the workflow mando is deployed than that of mando.yaml": f"{again}workflow",
        "STEPS_URL of the workflow is https://elsewhere.invalid; it should be https://127.0.0.1:9": f"{again}workflow",
        "REPLY_QUEUE of the steps is not set": f"{again}steps",
        "concurrency of the ingress is 20; deploy/deployment.yaml says 100": f"{again}ingress",
        "SEAL_PUBLIC_KEY of the ingress is not set": f"{again}ingress",
        "Cloud Run asks who calls the ingress: everybody may call it, as Discord has no Google account": f"{again}"
        "ingress",
        f"the ingress does not answer at {NOWHERE_URL}: ConnectionError": "gcloud functions logs read mando-ingress "
        "--project=demo --region=us-central1",
        "the steps do not answer at https://elsewhere.invalid: ConnectionError": f"{again}steps",
        f"Discord sends interactions to {url}": f"mando register --endpoint={NOWHERE_URL}",
        "the ingress has the public key abababab…, Discord signs with "
        f"{DISCORD.public_key_hex[:8]}…": f"{again}ingress --discord-public-key {DISCORD.public_key_hex}",
    }

    google.changes.clear()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(["destroy", "--project", "demo"]) == 0
    assert google.changes == []
    assert "This stays:\n  the App Engine app, its service default" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run(["destroy", "--project", "demo"]) == 0
    assert google.changes[:3] == [
        "delete function mando-ingress",
        "delete workflow mando",
        "delete secret mando-seal-private-key",
    ]
    assert google.accounts == {f"mando-build{OURS}"}
    assert google.roles("projects/demo") == {
        (f"mando-build{OURS}", "roles/cloudbuild.builds.builder"),
        ("demo@appspot.gserviceaccount.com", "roles/cloudbuild.builds.builder"),
    }
    assert google.roles(f"queues/{QUEUE}") == set()
    assert google.buckets.policy("demo-mandalas").get("bindings", []) == []
    assert google.queues.keys() == {QUEUE, "reply-discord-queue", "urgent-reply-queue"}
    capsys.readouterr()
    assert run(["destroy", "--project", "demo"]) == 0
    assert "There is nothing to delete in demo." in capsys.readouterr().out


@by_hand
@pytest.mark.timeout(600)
def test_a_deployment_without_app_engine_is_made_examined_and_taken_away(
    google: Google, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The functions' own addresses lead nowhere here: nothing of this test leaves the machine."""
    words = ("--form", "queues", "--steps", "functions")
    google.discord.verify_key = DISCORD.public_key_hex
    assert deploy(tmp_path, *words) == 0
    assert google.app is None
    assert google.discord.endpoint == google.functions["mando-ingress"]["serviceConfig"]["uri"]

    monkeypatch.setenv("https_proxy", f"http://{NOWHERE}")
    again = f"mando deploy --project demo --location us-central1 {' '.join(words)} --only "
    generate, reply = (f"https://mando-{name}-1234567890.us-central1.run.app" for name in ("generate", "reply"))
    silent = {
        f"the steps do not answer at {generate}: ProxyError": f"{again}steps",
        f"the function that replies does not answer at {reply}: ProxyError": f"{again}reply",
    }
    process, url = an_ingress("http://127.0.0.1:9")
    with process:
        google.functions["mando-ingress"]["serviceConfig"]["uri"] = url
        google.discord.endpoint = url
        assert examined(capsys, *words) == (1, silent)
        config = google.functions["mando-reply"]["serviceConfig"]
        config["environmentVariables"]["REPLY_URL"] = generate
        config["maxInstanceCount"] = 5
        google.run.services["mando-generate"]["metadata"]["annotations"].clear()
        _, found = examined(capsys, *words)
    assert found == {
        "Cloud Run asks who calls the function that draws: it checks the token of each call itself, which Cloud Run "
        "would pass on without its signature": f"{again}steps",
        "max_instances of the function that replies is 5; deploy/deployment.yaml says 20": f"{again}reply",
        f"REPLY_URL of the reply is {generate}; it should be {reply}": f"{again}reply",
        **silent,
    }

    google.changes.clear()
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run(["destroy", "--project", "demo"]) == 0
    gone = [
        "function mando-ingress",
        "function mando-generate",
        "function mando-reply",
        "secret mando-seal-private-key",
    ]
    assert google.changes[:4] == [f"delete {what}" for what in gone]
    assert google.accounts == {f"mando-build{OURS}"}


NOWHERE_URL = f"http://{NOWHERE}/"


def break_it(google: Google) -> None:
    google.services.remove("workflows.googleapis.com")
    google.buckets.patch("demo-mandalas", {"lifecycle": None})
    policy = google.buckets.policy("demo-mandalas")
    kept = [each for each in policy["bindings"] if each["role"] != "roles/storage.objectCreator"]
    google.buckets.set_policy("demo-mandalas", {**policy, "bindings": kept})
    google.queues[QUEUE]["state"] = "PAUSED"
    google.queues[QUEUE]["retryConfig"]["maxAttempts"] = 5
    for binding in google.policies[f"v2/{PLACE}/queues/{QUEUE}"]["bindings"]:
        binding["members"] = [member for member in binding["members"] if "mando-workflow" not in member]
    google.custom_roles["mandoQueueReader"]["includedPermissions"] = ["cloudtasks.tasks.get"]
    del google.versions[-1]["envVariables"]["REPLY_QUEUE"]
    google.workflows["mando"]["sourceContents"] += "\n# edited in the console\n"
    google.workflows["mando"]["userEnvVars"]["STEPS_URL"] = "https://elsewhere.invalid"
    config = google.functions["mando-ingress"]["serviceConfig"]
    config["maxInstanceRequestConcurrency"] = 20
    config["uri"] = NOWHERE_URL
    config["environmentVariables"]["DISCORD_PUBLIC_KEY"] = "ab" * 32
    del config["environmentVariables"]["SEAL_PUBLIC_KEY"]
    google.run.services["mando-ingress"]["metadata"]["annotations"].clear()
