"""Which hosts of the cloud a call finds here, and which it finds where they are."""

import pytest

from local.http.hosts import to_local
from local.project import Ports, program_url, url

BASE = "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    "host",
    [
        "workflowexecutions.googleapis.com",
        "WorkflowExecutions.GoogleAPIs.com",
        "workflows.googleapis.com.",
        "workflows.googleapis.com:443",
        "www.googleapis.com",
        "us-central1-run.googleapis.com",
        "us-central1-aiplatform.googleapis.com",
        "us-workflows.googleapis.com",
        "storage.us-central1.rep.googleapis.com",
        "workflowexecutions.mtls.googleapis.com",
        "storage.mtls.googleapis.com",
        "discord.com",
        "discordapp.com",
        "canary.discord.com",
        "ptb.discord.com",
        "cdn.discordapp.com",
    ],
)
def test_a_service_in_any_form_of_its_name_is_here(host: str) -> None:
    assert to_local(f"https://{host}/v1/a%2Fb?c=d%20e", BASE) == f"{BASE}/v1/a%2Fb?c=d%20e"


@pytest.mark.parametrize("bucket", ["demo-mandalas", "pictures.example.com", "a.b"])
def test_a_buckets_own_host_becomes_its_path(bucket: str) -> None:
    """Source: Cloud Storage, "Request endpoints": https://BUCKET_NAME.storage.googleapis.com/OBJECT_NAME."""
    found = to_local(f"https://{bucket}.storage.googleapis.com/a%2Fb.png?x=1", BASE)
    assert found == f"{BASE}/{bucket}/a%2Fb.png?x=1"


@pytest.mark.parametrize(
    "host",
    [
        "mando-abc123-uc.a.run.app",
        "us-central1-demo.cloudfunctions.net",
        "demo.uc.r.appspot.com",
        "demo.appspot.com",
        "127.0.0.1:8082",
        "example.com",
        "notgoogleapis.com",
        "googleapis.com.example.com",
        "discord.com.example.com",
        "notdiscord.com",
    ],
)
def test_what_somebody_runs_is_called_where_it_is(host: str) -> None:
    assert to_local(f"https://{host}/a?b=c", BASE) == f"https://{host}/a?b=c"


@pytest.mark.parametrize("port", [8080, 9000])
def test_a_program_is_called_at_the_port_that_mando_up_has_now(port: int) -> None:
    ports = Ports(port)
    assert to_local(f"{program_url('steps')}/reply-discord?a=b", url(port)) == f"{url(ports.steps)}/reply-discord?a=b"
    assert to_local(f"{program_url('reply')}/reply-discord?a=b", url(port)) == f"{url(ports.reply)}/reply-discord?a=b"


@pytest.mark.parametrize(
    "host", ["localhost", "mando.localhost", "other.mando.localhost", "steps.mando.localhost.example"]
)
def test_another_name_below_localhost_is_left_as_it_is(host: str) -> None:
    assert to_local(f"http://{host}/a", BASE) == f"http://{host}/a"
