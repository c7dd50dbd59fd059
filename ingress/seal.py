"""Seal Discord's interaction token, so that only the reply step can read it."""

from base64 import b64decode, urlsafe_b64encode

from nacl.public import PublicKey, SealedBox

from service.environment import Secret


class Sealer:
    """Seals with the steps' public key (libsodium sealed box: an anonymous sender, one recipient)."""

    def __init__(self, key: PublicKey) -> None:
        self._box = SealedBox(key)

    def seal(self, token: Secret) -> str:
        """The sealed token, base64url without padding; 64 characters longer than four thirds of the token's bytes."""
        return urlsafe_b64encode(self._box.encrypt(token.reveal().encode())).rstrip(b"=").decode()


def parse_public_key(text: str) -> PublicKey:
    """The key in 44 characters of base64.  Raises ValueError."""
    return PublicKey(b64decode(text, validate=True))
