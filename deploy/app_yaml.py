"""What the deployment follows of app.yaml: the name of the service, the variables, and how pictures are delivered."""

import sys
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).parent.parent / "app.yaml"
DEFAULT = "default"  # the service that every App Engine app has.  Source: App Engine, "app.yaml reference", service

try:
    _SETTINGS: dict[str, Any] = yaml.safe_load(_FILE.read_bytes())
    SERVICE = str(_SETTINGS.get("service", DEFAULT))
    ENVIRONMENT: dict[str, str] = _SETTINGS.get("env_variables") or {}
    # As steps/config.py reads DELIVERY: the bucket is open to everybody only for links.
    IS_BY_LINK = ENVIRONMENT.get("DELIVERY", "attach") == "link"
except (OSError, ValueError, AttributeError, yaml.YAMLError) as error:
    sys.stderr.write(f"mando deploy: app.yaml is wrong: {error!r}; `mando check` says more\n")
    sys.exit(2)
