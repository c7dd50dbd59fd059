"""How to reach Cloud Tasks, and which errors its clients raise.  Used by ingress and steps."""

from typing import Any

import google.auth.exceptions
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.protobuf import json_format

_MAX_CHARACTERS = 300  # of an error in the log: its message may be a page of HTML

# What a call of a Cloud Tasks client raises when the service does not answer as it should.
FAILURES = (
    exceptions.GoogleAPIError,
    google.auth.exceptions.GoogleAuthError,
    OSError,  # of the network and of requests
    json_format.Error,  # this and the rest: an answer of the wrong form, also `{"error": "text"}`
    ValueError,
    AttributeError,
    TypeError,
)

# A second call would get the same answer.
NOT_RETRYABLE = (exceptions.BadRequest, exceptions.Forbidden, exceptions.NotFound)


def already_exists(error: BaseException) -> bool:
    """Whether the task exists already.  Over REST, ABORTED is a 409 too; only the status in the body differs.

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
    """The error in one short line, for the log."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MAX_CHARACTERS]


def client_arguments(endpoint: str | None) -> dict[str, Any]:
    """The arguments of a client's constructor: none in the cloud, where the defaults are right."""
    if endpoint is None:
        return {}
    return {
        "transport": "rest",
        "credentials": AnonymousCredentials(),
        "client_options": {"api_endpoint": endpoint},
    }
