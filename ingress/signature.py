"""Is this request really Discord's, and is it fresh?  Bytes and two headers in, True or False out.

Source: Discord, "Validating Security Request Headers": Ed25519 over the timestamp's text followed by the raw body.
Discord sends deliberately wrong signatures, of any shape, and removes an address that does not answer 401 to each.
"""

import re

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

SIGNATURE, TIMESTAMP = "X-Signature-Ed25519", "X-Signature-Timestamp"
# Allows for clocks that differ, and limits replays of an old request.  Less than the 900 s that a token lives.
MAX_AGE_S = 300

_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def may_be_valid(signature: str, timestamp: str, now_s: float) -> bool:
    """What can be checked without the body: the form of both headers, and a time within MAX_AGE_S of now_s (epoch)."""
    if not _SIGNATURE.fullmatch(signature) or not _TIMESTAMP.fullmatch(timestamp):
        return False
    return abs(now_s - int(timestamp)) <= MAX_AGE_S


def is_valid(signature: str, timestamp: str, body: bytes, key: VerifyKey) -> bool:
    """Whether the signature is of the timestamp and the body, made with the private half of key."""
    try:
        key.verify(timestamp.encode() + body, bytes.fromhex(signature))
    except BadSignatureError:
        return False
    return True
