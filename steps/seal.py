"""Open sealed tokens: only here Discord's interaction token is in plain text after the queue."""

import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Sequence

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox

import schemas
from service.environment import Secret
from steps.errors import PermanentError

# The ingress checks the same, but anybody can seal with the public key.
_TOKEN = re.compile(schemas.pattern("interaction", "token"))


class Unsealer:
    """Opens tokens sealed for any of its keys, so that keys can be changed while old tokens are on their way."""

    def __init__(self, keys: Sequence[PrivateKey]) -> None:
        self._boxes = [SealedBox(key) for key in keys]

    def open(self, sealed_token: str) -> Secret:
        """The token.  Raises PermanentError if it was sealed for another key, or altered."""
        try:
            sealed = urlsafe_b64decode(sealed_token + "==")  # the most padding that can be missing; more is ignored
        except ValueError:
            raise _wrong("sealed_token is not base64url") from None
        for box in self._boxes:
            try:
                token = box.decrypt(sealed).decode("ascii", errors="replace")
            except CryptoError:
                continue
            if not _TOKEN.fullmatch(token):
                raise _wrong("sealed_token holds no interaction token")
            return Secret(token)
        raise _wrong(f"sealed_token was sealed with another key than the {len(self._boxes)} that this service holds")


def _wrong(message: str) -> PermanentError:
    return PermanentError("bug", message, kind="request")


def parse_private_keys(text: str) -> tuple[PrivateKey, ...]:
    """The keys in `text`, 44 characters of base64 each, a comma between two.  Raises ValueError."""
    keys = []
    for number, part in enumerate(text.split(","), start=1):
        key = b64decode(part.strip(), validate=True)
        if len(key) != PrivateKey.SIZE:
            raise ValueError(f"key {number} has {len(key)} bytes, expected {PrivateKey.SIZE}")
        keys.append(PrivateKey(key))
    return tuple(keys)
