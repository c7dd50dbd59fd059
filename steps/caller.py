"""Who is calling?  Only the workflow's service account may.  App Engine does not check Google's ID tokens itself.

Source: Google, "Validating an ID token": signature, expiry and audience by google-auth; issuer and email here.
"""

import json
import re
from typing import Any

import cachecontrol
import requests
from google.auth import exceptions
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from steps.config import Config
from steps.errors import PermanentError, RetryableError

_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
CLOCK_SKEW_S = 10  # between the issuer's clock and ours, either way: both are kept by NTP
TIMEOUT_S = (2.0, 3.0)  # connect, read
_MAX_CHARACTERS = 4096  # Google's tokens have about a thousand
_LONGEST_REASON = 100
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+)")


class _Certificates(Request):
    """google-auth's request, which waits two minutes and takes any answer, made stricter."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Raises TransportError also where the answer is no map of certificates: that is no fault of the token."""
        answer = super().__call__(*arguments, **{**named, "timeout": TIMEOUT_S})  # type: ignore[no-untyped-call]
        try:
            found = json.loads(answer.data)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise exceptions.TransportError("what came is no JSON object of certificates")
        return answer


class CallerCheck:
    """Checks each call's Authorization header.  The issuer's certificates are kept as long as their answer allows."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._fetch = _Certificates(session=cachecontrol.CacheControl(requests.Session()))

    def check(self, authorization: str | None) -> None:
        """Raises PermanentError: 401 where the token is missing or not valid, 403 where it is somebody else's."""
        if authorization is not None and len(authorization) > _MAX_CHARACTERS:
            raise PermanentError(401, f"the token is not valid: more than {_MAX_CHARACTERS} characters")
        match = _BEARER.fullmatch(authorization or "")
        if match is None:
            raise PermanentError(401, "a Google ID token is needed: Authorization: Bearer …")
        try:
            claims = id_token.verify_token(
                match[1],
                self._fetch,
                audience=self._config.audience,
                certs_url=self._config.certs_url,
                clock_skew_in_seconds=CLOCK_SKEW_S,
            )
        except exceptions.TransportError:
            raise RetryableError("the issuer's certificates cannot be fetched") from None
        except RecursionError:
            raise PermanentError(401, "the token is not valid: nested too deeply") from None
        except (exceptions.GoogleAuthError, ValueError, TypeError) as error:  # TypeError: an expiry that is no number
            raise PermanentError(401, f"the token is not valid: {_without_token(error)}") from None
        if claims.get("iss") not in _ISSUERS:
            raise PermanentError(401, "the token is not valid: it is not Google's")
        if claims.get("email") != self._config.workflow_service_account or claims.get("email_verified") is not True:
            raise PermanentError(403, "the token is not the workflow's")


def _without_token(error: Exception) -> str:
    """What is wrong with the token, cut before the text that google-auth quotes from it; a key's id may be quoted."""
    return str(error.args[0]).partition(":")[0][:_LONGEST_REASON] if error.args else type(error).__name__
