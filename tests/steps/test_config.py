"""A wrong environment is one message that lists everything."""

from base64 import b64encode
from typing import Any

import pytest
from nacl.public import PrivateKey

from service.environment import ConfigError, Secret, SecretUnavailable
from steps.config import SETTINGS, Config, read_config

KEY = b64encode(bytes(PrivateKey.generate())).decode()


def config(**environ: str) -> Config:
    return read_config({"GOOGLE_CLOUD_PROJECT": "demo", "SEAL_PRIVATE_KEY": KEY, **environ}, read_secret=no_secrets)


def no_secrets(version: str) -> Secret:
    raise AssertionError(f"asked for {version}")


def test_all_that_is_not_secret_follows_from_the_project() -> None:
    read = config()
    assert (read.bucket, read.audience, read.delivery) == ("demo-mandalas", "mando-steps", "attach")
    assert read.workflow_service_account == "mando-workflow@demo.iam.gserviceaccount.com"
    assert read.discord_api == "https://discord.com/api/v10"


def test_every_wrong_setting_is_named_with_what_was_expected() -> None:
    with pytest.raises(ConfigError) as caught:
        config(BUCKET="-", DELIVERY="pigeon", DISCORD_API="ftp://x")
    lines = str(caught.value).splitlines()
    assert lines[0] == "mando steps: 3 settings are wrong"
    assert [line.split()[0] for line in lines[1:]] == ["BUCKET", "DELIVERY", "DISCORD_API"]
    assert "not attach or link" in lines[2]


def test_a_missing_project_is_said() -> None:
    with pytest.raises(ConfigError, match="GOOGLE_CLOUD_PROJECT  missing"):
        read_config({}, read_secret=no_secrets)


def test_the_key_comes_from_secret_manager_unless_it_is_given() -> None:
    asked: list[str] = []

    def read_secret(version: str) -> Secret:
        asked.append(version)
        return Secret(f"{KEY},{KEY}")

    assert len(read_config({"GOOGLE_CLOUD_PROJECT": "demo"}, read_secret).seal_private_keys) == 2
    assert asked == ["projects/demo/secrets/mando-seal-private-key/versions/latest"]


@pytest.mark.parametrize("text", ["c2hvcnQ=", "not base64", f"{KEY},"], ids=["short", "not base64", "a comma"])
def test_a_key_that_is_none_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config(SEAL_PRIVATE_KEY=text)
    assert "SEAL_PRIVATE_KEY" in str(caught.value)
    assert text not in str(caught.value)


def test_the_line_end_of_a_file_is_no_part_of_the_bots_token() -> None:
    read = config(DISCORD_BOT_TOKEN="abc\n")
    assert read.bot_token is not None
    assert read.bot_token.reveal() == "abc"


def test_a_project_a_secret_and_a_setting_that_are_wrong_are_one_message() -> None:
    def read_secret(version: str) -> Secret:
        raise SecretUnavailable(f"cannot read the secret {version}")

    version = "projects/demo/secrets/bot/versions/1"
    with pytest.raises(ConfigError) as caught:
        read_config({"DISCORD_BOT_TOKEN_SECRET": version, "DELIVERY": "pigeon"}, read_secret)
    lines = str(caught.value).splitlines()
    assert lines[0] == "mando steps: 3 settings are wrong"
    assert [line.split()[0] for line in lines[1:]] == ["GOOGLE_CLOUD_PROJECT", "DISCORD_BOT_TOKEN", "DELIVERY"]
    assert version in lines[2]


def test_no_variable_is_read_that_is_not_in_the_table() -> None:
    class Watched(dict[str, str]):
        asked: set[str] = set()  # noqa: RUF012 -- one of them

        def get(self, name: str, default: object = None) -> Any:
            self.asked.add(name)
            return super().get(name, default)

        def __getitem__(self, name: str) -> str:
            self.asked.add(name)
            return super().__getitem__(name)

    read_config(Watched(GOOGLE_CLOUD_PROJECT="demo", SEAL_PRIVATE_KEY=KEY), no_secrets)
    assert Watched.asked == SETTINGS.keys()
