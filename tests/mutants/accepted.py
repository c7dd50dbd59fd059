"""The mistakes that nobody has to notice, and why."""

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
