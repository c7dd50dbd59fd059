"""Authorization of callers: the bot by its token, a program by an access token that it was granted.

Source: Discord, "Authentication", "Client Credentials Grant"; RFC 6749 for the errors.
"""

import base64
import binascii
import secrets
import time
from collections.abc import Mapping
from typing import Any

from local.retention import GRANT_S

BOT = "bot"  # includes all other scopes
COMMANDS = "applications.commands.update"
IDENTIFY = "identify"
# The scopes of Discord that have a meaning here.
_SCOPES = frozenset({COMMANDS, IDENTIFY})


class GrantRefused(Exception):
    """Raised when no access token is granted; code as in RFC 6749, section 5.2, detail says why."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Grants:
    """bot_token is the only secret: the bot's token and also the client's secret.  Without it every call is refused."""

    def __init__(self, bot_token: str | None) -> None:
        self._bot_token = bot_token
        self._granted: dict[str, tuple[float, frozenset[str]]] = {}  # access token → (its end, its scopes)

    def scopes_of(self, authorization: str | None) -> frozenset[str]:
        """The scopes of an Authorization header: {BOT} for the bot, those of an access token, else none."""
        kind, _, token = (authorization or "").partition(" ")
        if kind == "Bot" and self._is_secret(token):
            return frozenset({BOT})
        ends_s, scopes = self._granted.get(token, (0.0, frozenset[str]()))
        return scopes if kind == "Bearer" and time.monotonic() < ends_s else frozenset()

    def grant(self, client_id: str, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """An access token for the application itself.  Raises GrantRefused."""
        given_id, given_secret = _client(form, authorization)
        if given_id != client_id or not self._is_secret(given_secret):
            raise GrantRefused(401, "invalid_client", "the id is the application's, the secret here the bot's token")
        if form.get("grant_type") != "client_credentials":
            raise GrantRefused(400, "unsupported_grant_type", "this local Discord grants client_credentials only")
        scopes = frozenset(form.get("scope", "").split())
        if not scopes or not scopes <= _SCOPES:
            raise GrantRefused(400, "invalid_scope", f"this local Discord knows {' and '.join(sorted(_SCOPES))} only")
        token = secrets.token_urlsafe(22)
        self._granted[token] = (time.monotonic() + GRANT_S, scopes)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": int(GRANT_S),
            "scope": " ".join(sorted(scopes)),
        }

    def _is_secret(self, text: str) -> bool:
        return self._bot_token is not None and secrets.compare_digest(
            text.encode(errors="surrogateescape"), self._bot_token.encode()
        )


def _client(form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    """The client's id and secret, from HTTP Basic or from the form."""
    kind, _, encoded = (authorization or "").partition(" ")
    if kind != "Basic":
        return form.get("client_id", ""), form.get("client_secret", "")
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret
