"""The mistakes that no test must notice, each with its reason."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).with_name("accepted.yaml")


@cache
def reasons() -> Mapping[str, str]:
    """By path, line before and line after."""
    found: Mapping[str, str] = yaml.safe_load(_FILE.read_text())
    return found
