"""A wrong environment and a wrong limits.yaml are one message."""

from pathlib import Path

import pytest

from ingress.config import read_config
from service.environment import ConfigError
from tests.ingress.test_requests import environment


def test_limits_that_are_wrong_stand_in_the_same_message_as_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "limits.yaml"
    file.write_text("backlog: {}\n")
    with pytest.raises(ConfigError) as caught:
        read_config({**environment("http://127.0.0.1:9"), "QUEUE": "q"}, file)
    count, queue, limits = str(caught.value).splitlines()
    assert count == "mando ingress: 2 settings are wrong"
    assert queue.startswith("  QUEUE  not the full name of a queue")
    assert limits.startswith("  limits.yaml is wrong: limits must contain")


def test_what_is_read_has_the_limits_of_the_file() -> None:
    config = read_config(environment("http://127.0.0.1:9"))
    assert config.limits.per_minute > 0
    assert config.tasks_endpoint == "http://127.0.0.1:9"
