"""How Cloud Tasks is reached, and how a call of it fails.  Used by enqueue and backlog."""

from typing import Any

import google.auth.exceptions
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.protobuf import json_format

from ingress.config import Config

# What a call of any of its clients raises when the service does not answer as it should.
FAILURES = (
    exceptions.GoogleAPICallError,
    google.auth.exceptions.GoogleAuthError,
    requests.RequestException,
    json_format.Error,  # these two: an answer that is not what was asked for
    ValueError,
)


def client_arguments(config: Config) -> dict[str, Any]:
    """What a client is made with: nothing in the cloud, where its defaults are right."""
    if config.tasks_endpoint is None:
        return {}
    return {
        "transport": "rest",
        "credentials": AnonymousCredentials(),
        "client_options": {"api_endpoint": config.tasks_endpoint},
    }
