"""Read one secret from Secret Manager, when the process starts.

App Engine shows environment variables to everyone who may view a version, and app.yaml cannot refer to secrets.
"""

import base64

import google.auth
import google.auth.exceptions
import requests
from google.auth.transport.requests import AuthorizedSession

from service.environment import Secret, SecretUnavailable

_TIMEOUT_S = 10.0


def read_secret(version: str) -> Secret:
    """The payload of projects/…/secrets/…/versions/….  Raises SecretUnavailable, which says what to do."""
    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        with AuthorizedSession(credentials) as session:
            answer = session.get(f"https://secretmanager.googleapis.com/v1/{version}:access", timeout=_TIMEOUT_S)
    except (google.auth.exceptions.GoogleAuthError, requests.RequestException) as error:
        raise SecretUnavailable(f"cannot read the secret {version}: {error}") from None
    if answer.status_code != 200:
        raise SecretUnavailable(
            f"cannot read the secret {version}: Secret Manager answered {answer.status_code}; "
            "does it exist, and has this service's account roles/secretmanager.secretAccessor on it?"
        )
    try:
        return Secret(base64.b64decode(answer.json()["payload"]["data"]).decode().strip())
    except (ValueError, LookupError, TypeError, AttributeError):
        raise SecretUnavailable(f"cannot read the secret {version}: Secret Manager's answer holds none") from None
