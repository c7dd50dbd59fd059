"""`mando keys`: make the key pair that seals Discord's interaction tokens between the ingress and the reply step."""

import os
from base64 import b64decode
from pathlib import Path

import click
from nacl.encoding import Base64Encoder
from nacl.public import PrivateKey

from cli.errors import CannotStart
from cli.options import option


@click.command()
@option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="where the private key goes; a new file",
)
def command(output: Path) -> None:
    """Writes the private key into a file that only its owner may read, prints the public key."""
    key = PrivateKey.generate()
    try:
        write_private_key(output, key)
    except OSError as error:
        raise CannotStart(f"cannot write {output}: {error.strerror}") from None
    print(f"SEAL_PUBLIC_KEY={key.public_key.encode(Base64Encoder).decode()}")


def write_private_key(path: Path, key: PrivateKey) -> None:
    """Write the key into a new file.  Raises OSError; FileExistsError if the file exists: no key is overwritten."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key.encode(Base64Encoder).decode() + "\n")


def read_private_key(path: Path) -> PrivateKey:
    return PrivateKey(b64decode(path.read_text()))
