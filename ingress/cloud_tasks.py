"""How Cloud Tasks is reached, and how a call of it fails.  Used by enqueue and backlog."""

from typing import Any

import google.auth.exceptions
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.protobuf import json_format

from ingress.config import Config

_MAX_CHARACTERS = 300  # of an error in the log: a page of HTML may be its message

# What a call of any of its clients raises when the service does not answer as it should.
FAILURES = (
    exceptions.GoogleAPIError,
    google.auth.exceptions.GoogleAuthError,
    OSError,  # the network's and requests' own
    json_format.Error,  # the rest: an answer that is not what was asked for, also `{"error": "text"}`
    ValueError,
    AttributeError,
    TypeError,
)

# A second call at once would be answered the same.
NOT_RETRYABLE = (exceptions.BadRequest, exceptions.Forbidden, exceptions.NotFound)


def already_exists(error: BaseException) -> bool:
    """Whether the name is taken.  Over REST ABORTED is a 409 too, and only the body's status tells the two apart.

    Source: google.rpc.Code, whose HTTP mapping gives 409 to both.
    """
    if not isinstance(error, exceptions.Conflict):
        return False
    return isinstance(error, exceptions.AlreadyExists) or _rest_status(error.response) == "ALREADY_EXISTS"


def _rest_status(response: Any) -> object:
    try:
        return response.json()["error"]["status"]
    except (AttributeError, LookupError, TypeError, ValueError):
        return None


def describe(error: BaseException | None) -> str:
    """For the log, in one short line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_CHARACTERS]


def client_arguments(config: Config) -> dict[str, Any]:
    """What a client is made with: nothing in the cloud, where its defaults are right."""
    if config.tasks_endpoint is None:
        return {}
    return {
        "transport": "rest",
        "credentials": AnonymousCredentials(),
        "client_options": {"api_endpoint": config.tasks_endpoint},
    }
