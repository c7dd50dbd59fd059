"""`mando keys`: make the key pair that seals Discord's interaction tokens between the ingress and the reply step."""

import argparse
import os
import sys
from base64 import b64decode, b64encode
from pathlib import Path

from nacl.public import PrivateKey


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        dest="key_file",
        type=Path,
        required=True,
        metavar="FILE",
        help="where the private key goes; a new file; MANDO_KEY_FILE in the environment",
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes the private key into a file that only its owner may read, prints the public key."""
    output: Path = arguments.key_file
    key = PrivateKey.generate()
    try:
        write_private_key(output, key)
    except OSError as error:
        sys.stderr.write(f"mando keys: cannot write {output}: {error.strerror}\n")
        return 2
    print(f"SEAL_PUBLIC_KEY={encode(bytes(key.public_key))}")
    return 0


def write_private_key(path: Path, key: PrivateKey) -> None:
    """Raises OSError, FileExistsError above all: a key that is in use is never overwritten."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(encode(bytes(key)) + "\n")


def read_private_key(path: Path) -> PrivateKey:
    return PrivateKey(b64decode(path.read_text()))


def encode(key: bytes) -> str:
    return b64encode(key).decode()
