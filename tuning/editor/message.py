"""How worker.py talks to runs.py: messages, each a pickle of (kind, value) after its length in four bytes."""

import pickle
import struct
from typing import Any, BinaryIO

LENGTH = struct.Struct(">I")


def say(taken: BinaryIO, kind: str, value: Any) -> None:
    message = pickle.dumps((kind, value))
    taken.write(LENGTH.pack(len(message)) + message)
    taken.flush()
