"""Check who calls: the workflow's service account may, and our own, of the tasks that the steps make.

App Engine does not check Google's ID tokens itself.  A task for App Engine bears none: it is known by a header that App
Engine removes from every other call.  Nobody else does, so only there the header counts (config.py).

Source: Google, "Validating an ID token": signature, expiry and audience by google-auth; issuer and email here.  App
Engine, "Request headers and responses", and Cloud Tasks, "Create App Engine task handlers": X-AppEngine-QueueName.
"""

import re
from typing import Any

from google.auth import jwt

from steps.certificates import Certificates, CertificatesUnavailable
from steps.config import Config
from steps.errors import PermanentError, Reason, RetryableError

_ISSUERS = ("accounts.google.com", "https://accounts.google.com")
CLOCK_SKEW_S = 10  # between the issuer's clock and ours, either way: both are kept by NTP
_MAX_CHARACTERS = 4096  # Google's tokens have about a thousand
_LONGEST_REASON = 100
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+\.[A-Za-z0-9_=-]+)")


class CallerCheck:
    """Checks each call's headers, in the event loop: a refused call never needs a thread."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._certificates = Certificates(config.certs_url)

    async def check(self, authorization: str | None, queue: str | None) -> None:
        """authorization and queue: the headers Authorization and X-AppEngine-QueueName.

        Raises PermanentError if a token is needed, and it is missing, not valid, or of another account.
        """
        if queue in self._config.app_engine_queues:
            return
        given = authorization or ""
        if len(given) > _MAX_CHARACTERS:
            raise _refused("unauthenticated", f"the token is not valid: more than {_MAX_CHARACTERS} characters")
        match = _BEARER.fullmatch(given)
        if match is None:
            raise _refused("unauthenticated", "a Google ID token is needed: Authorization: Bearer …")
        key_id = _key_id(match[1])
        try:
            certificate = await self._certificates.find(key_id)
        except CertificatesUnavailable:
            raise RetryableError("the issuer's certificates cannot be fetched", kind="certificates") from None
        if certificate is None:
            raise _refused("unauthenticated", "the token is not valid: its key is none of the issuer's")
        claims = self._claims(match[1], {key_id: certificate})
        if claims.get("iss") not in _ISSUERS:
            raise _refused("unauthenticated", "the token is not valid: it is not Google's")
        accounts = (self._config.workflow_service_account, self._config.step_tasks.service_account)
        if claims.get("email") not in accounts or claims.get("email_verified") is not True:
            raise _refused("refused", "the token is neither the workflow's nor the steps' own")

    def _claims(self, token: str, certificates: dict[Any, str]) -> Any:
        try:
            return jwt.decode(
                token, certs=certificates, audience=self._config.audience, clock_skew_in_seconds=CLOCK_SKEW_S
            )
        except (ValueError, TypeError) as error:  # google-auth raises ValueErrors; TypeError: the claim exp is a text
            raise _refused("unauthenticated", f"the token is not valid: {_without_token(error)}") from None


def _key_id(token: str) -> Any:
    """The key id in the token's header, of any type.  Also checks that header and claims are JSON objects."""
    try:
        return jwt.decode_header(token).get("kid")
    except RecursionError:
        raise _refused("unauthenticated", "the token is not valid: nested too deeply") from None
    except ValueError as error:
        raise _refused("unauthenticated", f"the token is not valid: {_without_token(error)}") from None


def _refused(reason: Reason, message: str) -> PermanentError:
    return PermanentError(reason, message, kind="caller")


def _without_token(error: Exception) -> str:
    """The error's text without the part that google-auth quotes from the token; a key id may be quoted."""
    return str(error.args[0]).partition(":")[0][:_LONGEST_REASON] if error.args else type(error).__name__
