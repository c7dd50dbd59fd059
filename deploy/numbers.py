"""The numbers of deploy/deployment.yaml, as gcloud gets them.  Ends the process where the file is wrong."""

import sys
from pathlib import Path

import yaml

from schemas.deployment import Deployment, Functions

FILE = Path(__file__).parent / "deployment.yaml"


def _read() -> tuple[Deployment, Functions]:
    """All, and those of steps that are functions.  Raises OSError, ValueError, YAMLError."""
    numbers = Deployment.from_json(yaml.safe_load(FILE.read_bytes()))
    if numbers.functions is None:
        raise ValueError("`functions` is missing")
    return numbers, numbers.functions


try:
    NUMBERS, FUNCTIONS = _read()
except (OSError, ValueError, yaml.YAMLError) as error:
    sys.stderr.write(f"mando deploy: deploy/deployment.yaml is wrong: {error}\n")
    sys.exit(2)
