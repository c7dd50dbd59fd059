"""The commands that `mando register` registers with Discord, and `mando up` with the local one."""

import json
from typing import Any

from local.project import ROOT

FILES = (ROOT / "deploy" / "command.json", ROOT / "deploy" / "message_command.json")


def read_commands() -> list[dict[str, Any]]:
    """Raises OSError and ValueError."""
    return [json.loads(path.read_bytes()) for path in FILES]
