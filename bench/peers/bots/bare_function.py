"""A function of functions-framework that verifies with PyNaCl: what one writes without a library for Discord."""

# mypy: ignore-errors

import os

import cloud_task
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

KEY = VerifyKey(bytes.fromhex(os.environ["PUBLIC_KEY"]))
create = cloud_task.creator()


def answer(http):
    body = http.get_data()
    try:
        KEY.verify(
            http.headers["X-Signature-Timestamp"].encode() + body, bytes.fromhex(http.headers["X-Signature-Ed25519"])
        )
    except BadSignatureError:
        return "the signature is not valid", 401
    interaction = http.get_json()
    if interaction["type"] == 1:
        return {"type": 1}
    create(interaction)
    return {"type": 5}
