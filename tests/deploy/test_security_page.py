"""docs/security.md says of limits, accounts and files what the code says."""

import re

from deploy.call import Call
from ingress.signature import MAX_AGE_S
from service.environment import Secret
from steps import app, caller, config
from tests.deploy.project import CALLS
from tests.servers import ROOT
from tests.steps.service import TOLD

PAGE = (ROOT / "docs" / "security.md").read_text()


def test_the_limits_are_those_of_the_code() -> None:
    ingress = (ROOT / "ingress" / "main.py").read_text()  # importing it would want its environment
    assert "MAX_BODY_BYTES = 256 * 1024" in ingress
    assert "more than 256 KiB" in PAGE
    assert f"more than {app.MAX_BODY_BYTES // 1024} KiB" in PAGE
    assert f"longer than {caller._MAX_CHARACTERS:,} characters" in PAGE
    assert f"{MAX_AGE_S // 60} minutes either way" in PAGE


def test_every_account_and_every_role_that_serves_a_request_is_there() -> None:
    words = " ".join(word for call in CALLS for word in call.command)
    assert {name for name in re.findall(r"mando-\w+(?=@)", words) if name not in PAGE} == set()
    building = {"iam.serviceAccountUser", "cloudbuild.builds.builder", "logging.logWriter"}
    granted = {call.binding.role for call in CALLS if isinstance(call, Call) and call.binding is not None}
    roles = {role.removeprefix("roles/") for role in granted if role.startswith("roles/")} - building
    assert {role for role in roles if role not in PAGE} == {"secretmanager.secretAccessor"}  # "Secret Manager"


def test_the_variables_that_it_names_are_read() -> None:
    environ = {**TOLD, "GOOGLE_CLOUD_PROJECT": "demo", "DISCORD_BOT_TOKEN_SECRET": "v/bot", "AUDIENCE": "another"}
    asked: list[str] = []

    def read_secret(version: str) -> Secret:
        asked.append(version)
        return Secret("A" * 43 + "=")

    assert config.read_config(environ, read_secret).audience == "another"
    assert "v/bot" in asked
    assert all(f"`{name}`" in PAGE for name in ("AUDIENCE", "DISCORD_BOT_TOKEN", "DISCORD_BOT_TOKEN_SECRET"))
    assert "STEPS_AUDIENCE:" in (ROOT / "deploy" / "deployment.yaml").read_text()


def test_every_file_that_it_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
