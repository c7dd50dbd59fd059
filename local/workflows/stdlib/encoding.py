"""base64.* and hash.*: bytes and their texts."""

import base64
import binascii
import hashlib
import hmac

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import functions, text_of, wrong_type

_ALGORITHMS = ("MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512")


def encode(data: Value, padding: Value = True) -> Value:
    if not isinstance(data, bytes):
        raise wrong_type("base64.encode", data, "bytes")
    text = base64.b64encode(data).decode()
    return text if _boolean("base64.encode", padding) else text.rstrip("=")


def decode(data: Value, padding: Value = True) -> Value:
    """Line ends in the text are skipped."""
    text = text_of("base64.decode", data).replace("\r", "").replace("\n", "")
    if not _boolean("base64.decode", padding):
        text += "=" * (-len(text) % 4)
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        reason = "not base64" if not isinstance(error, binascii.Error) else str(error)
        raise WorkflowError.tagged("ValueError", f"base64.decode: {reason}") from None


def _boolean(function: str, value: Value) -> bool:
    if not isinstance(value, bool):
        raise wrong_type(f"{function} padding", value, "boolean")
    return value


def compute_checksum(data: Value, algorithm: Value) -> Value:
    return hashlib.new(_algorithm(algorithm), _bytes("hash.compute_checksum", data)).digest()


def compute_hmac(key: Value, data: Value, algorithm: Value) -> Value:
    name = "hash.compute_hmac"
    return hmac.new(_bytes(name, key), _bytes(name, data), _algorithm(algorithm)).digest()


def _algorithm(given: Value) -> str:
    name = text_of("hash algorithm", given)
    if name not in _ALGORITHMS:
        raise WorkflowError.tagged("ValueError", f"unknown hash algorithm {name!r}, expected {', '.join(_ALGORITHMS)}")
    return name.lower()


def _bytes(function: str, value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise wrong_type(function, value, "bytes")
    return value


FUNCTIONS = {**functions("base64", encode, decode), **functions("hash", compute_checksum, compute_hmac)}
