"""Discord's private Ed25519 key: created at the first start, in a file that only its owner may read."""

import os
from pathlib import Path

from nacl.signing import SigningKey

from local.data.disk import unusable_key


def ensure_signing_key(path: Path) -> SigningKey:
    """The key in the file at path (hexadecimal), created if it is missing.  Raises UnusableFile."""
    try:
        if not os.path.lexists(path):
            # Written under another name and renamed, so that a kill leaves no partial key.
            draft = path.with_name(path.name + ".new")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(bytes(SigningKey.generate()).hex() + "\n")
            draft.rename(path)
        return SigningKey(bytes.fromhex(path.read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise unusable_key(path, "an Ed25519 key (64 hexadecimal digits)", error) from None


def signed_headers(key: SigningKey, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The headers that prove that body is ours.  Source: Discord, "Validating Security Request Headers"."""
    timestamp = str(timestamp_s)
    return {
        "X-Signature-Ed25519": key.sign(timestamp.encode() + body).signature.hex(),
        "X-Signature-Timestamp": timestamp,
    }
