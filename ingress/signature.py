"""Is this request really Discord's, and is it fresh?  Bytes and headers in, True or False out.

Source: Discord, "Validating Security Request Headers": Ed25519 over the timestamp's text followed by the raw body.
Discord sends deliberately wrong signatures, of any shape, and removes an address that does not answer 401 to each.
"""

import re

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from werkzeug.datastructures import Headers

MAX_AGE_S = (
    300  # a token is worth nothing 15 minutes later; five allow for clocks that differ, and bound what can be replayed
)

_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def is_valid(headers: Headers, body: bytes, key: VerifyKey, now_s: float) -> bool:
    """Whether body carries a signature of key's owner, made within MAX_AGE_S of now_s (seconds since the epoch)."""
    signature = headers.get("X-Signature-Ed25519", "")
    timestamp = headers.get("X-Signature-Timestamp", "")
    if not _SIGNATURE.fullmatch(signature) or not _TIMESTAMP.fullmatch(timestamp):
        return False
    if abs(now_s - int(timestamp)) > MAX_AGE_S:
        return False
    try:
        key.verify(timestamp.encode() + body, bytes.fromhex(signature))
    except BadSignatureError:
        return False
    return True
