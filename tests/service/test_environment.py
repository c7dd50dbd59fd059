"""Settings of a program: one table, one message that lists all that is wrong with them."""

from collections.abc import Mapping

import pytest

from ingress.config import SETTINGS as INGRESS
from service.environment import ConfigError, Secret, SecretUnavailable, Setting, matching, read_environment
from steps.config import SETTINGS as STEPS

TABLE = {
    "PROJECT": Setting("the project", "my-project", matching("[a-z]+", "a project's id")),
    "BUCKET": Setting("the bucket", "my-bucket", default="{PROJECT}-pictures"),
    "KEY_SECRET": Setting("where the key lies", "secrets/key", default="{PROJECT}/key"),
    "KEY": Setting("the key", "5", lambda text: int(text), stored_at="KEY_SECRET"),
    "TOKEN_SECRET": Setting("where the token lies", "secrets/token", default=""),
    "TOKEN": Setting("the token", "t", lambda text: text or None, default="", stored_at="TOKEN_SECRET"),
}


def read(environ: Mapping[str, str], kept: Mapping[str, str] | None = None, *other_problems: str) -> dict[str, object]:
    def read_secret(name: str) -> Secret:
        if kept is None or name not in kept:
            raise SecretUnavailable(f"cannot read the secret {name}")
        return Secret(kept[name])

    return read_environment("mando x", TABLE, environ, read_secret, other_problems)


def wrong(environ: Mapping[str, str], kept: Mapping[str, str] | None = None, *other_problems: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(environ, kept, *other_problems)
    return str(caught.value).splitlines()


def test_what_follows_from_another_setting_need_not_be_set() -> None:
    values = read({"PROJECT": "demo"}, {"demo/key": "7"})
    assert values == {
        "PROJECT": "demo",
        "BUCKET": "demo-pictures",
        "KEY_SECRET": "demo/key",
        "KEY": 7,
        "TOKEN_SECRET": "",
        "TOKEN": None,
    }


def test_a_variable_that_is_set_comes_before_a_default_and_before_what_is_kept() -> None:
    values = read({"PROJECT": "demo", "BUCKET": "b", "KEY": "5", "TOKEN_SECRET": "t"}, {"demo/key": "7", "t": "kept"})
    assert (values["BUCKET"], values["KEY"], values["TOKEN"]) == ("b", 5, "kept")


def test_all_that_is_wrong_is_one_message_and_what_only_follows_from_it_is_not_repeated() -> None:
    lines = wrong({"TOKEN_SECRET": "t"}, {}, "limits.yaml is wrong")
    assert lines == [
        "mando x: 3 settings are wrong",
        "  PROJECT  missing; the project, e.g. my-project",
        "  TOKEN    cannot read the secret t",
        "  limits.yaml is wrong",
    ]


def test_a_secret_that_is_wrong_or_cannot_be_read_is_in_the_list_beside_the_others() -> None:
    assert wrong({"PROJECT": "5", "KEY_SECRET": "k"}) == [
        "mando x: 2 settings are wrong",
        "  PROJECT  not a project's id; the project, e.g. my-project",
        "  KEY      cannot read the secret k",
    ]
    (count, key) = wrong({"PROJECT": "demo"}, {"demo/key": "seven"})
    assert count == "mando x: 1 setting is wrong"
    assert key.startswith("  KEY  invalid literal")


def test_a_variable_that_is_set_to_nothing_is_not_set() -> None:
    assert wrong({"PROJECT": ""})[1] == "  PROJECT  missing; the project, e.g. my-project"


@pytest.mark.parametrize("settings", [INGRESS, STEPS], ids=["ingress", "steps"])
def test_every_setting_says_what_it_is_and_gives_an_example_that_would_be_taken(
    settings: Mapping[str, Setting],
) -> None:
    for name, setting in settings.items():
        assert setting.purpose, name
        if "…" not in setting.example:
            setting.parse(setting.example)
        above = list(settings)[: list(settings).index(name)]
        assert setting.stored_at is None or setting.stored_at in above
