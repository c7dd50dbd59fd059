"""One line of JSON, as Cloud Logging reads it."""

import json
import sys


def log(severity: str, message: str, **fields: str) -> None:
    sys.stdout.write(json.dumps({"severity": severity, "message": message, **fields}) + "\n")
    sys.stdout.flush()
