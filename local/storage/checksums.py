"""md5 and crc32c of a content, in base64 as in Cloud Storage, and the check of those that a client sends."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google_crc32c

from local.storage.errors import invalid

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Checksums:
    """None: not sent by the client, or not known (the md5 of a composed object)."""

    md5_hash: str | None = None
    crc32c: str | None = None

    @classmethod
    def from_resource(cls, resource: Mapping[str, Any]) -> "Checksums":
        return cls(resource.get("md5Hash"), resource.get("crc32c"))

    @classmethod
    def from_header(cls, header: str) -> "Checksums":
        """Those of an X-Goog-Hash header: crc32c=…,md5=…"""
        sums = dict(part.strip().split("=", 1) for part in header.split(",") if "=" in part)
        return cls(sums.get("md5"), sums.get("crc32c"))

    def or_else(self, other: "Checksums") -> "Checksums":
        """These, and the other's for those that are None."""
        return Checksums(self.md5_hash or other.md5_hash, self.crc32c or other.crc32c)

    def check(self, found: "Checksums") -> None:
        """Raises StorageError(400) where a checksum of the client differs from the one found."""
        for kind, expected, calculated in (
            ("CRC32C", self.crc32c, found.crc32c),
            ("MD5 hash", self.md5_hash, found.md5_hash),
        ):
            if expected is not None and expected != calculated:
                raise invalid(f'Provided {kind} "{expected}" doesn\'t match calculated {kind} "{calculated}".')


def checksums_of(path: Path) -> Checksums:
    """Reads the file once, in pieces."""
    md5 = hashlib.md5(usedforsecurity=False)
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            md5.update(chunk)
            crc = google_crc32c.extend(crc, chunk)
    return Checksums(base64.b64encode(md5.digest()).decode(), base64.b64encode(crc.to_bytes(4, "big")).decode())
