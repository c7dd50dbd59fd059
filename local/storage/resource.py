"""An object of a bucket, and the settings that a client may choose.

Source of names and meanings: Cloud Storage JSON API v1, "Objects".
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from local.storage.errors import StorageError, invalid

_JSON_NAMES = {
    "contentType": "content_type",
    "cacheControl": "cache_control",
    "contentDisposition": "content_disposition",
    "contentEncoding": "content_encoding",
    "contentLanguage": "content_language",
    "customTime": "custom_time",
    "storageClass": "storage_class",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The part of an object's resource that the client writes."""

    content_type: str | None = None
    cache_control: str | None = None
    content_disposition: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    custom_time: str | None = None
    storage_class: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def merged(self, patch: Mapping[str, Any]) -> "Settings":
        """These settings, changed by the fields of a resource; null removes one.

        Fields that a client cannot choose are ignored, as in the service.  Raises StorageError(400).
        """
        changed: dict[str, Any] = {}
        for json_name, name in _JSON_NAMES.items():
            if json_name in patch:
                value = patch[json_name]
                if value is not None and not isinstance(value, str):
                    raise invalid(f"Invalid value for {json_name}: expected a string, got {value!r}")
                if value is not None and not value.isprintable():
                    raise invalid(f"Invalid value for {json_name}: it becomes a header, and holds a control character")
                changed[name] = value
        if "metadata" in patch:
            changed["metadata"] = _merged_metadata(self.metadata, patch["metadata"])
        return replace(self, **changed)

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = {
            json_name: value for json_name, name in _JSON_NAMES.items() if (value := getattr(self, name)) is not None
        }
        if self.metadata:
            shown["metadata"] = dict(self.metadata)
        return shown


def _merged_metadata(present: Mapping[str, str], patch: object) -> dict[str, str]:
    if patch is None:
        return {}
    if not isinstance(patch, dict):
        raise invalid(f"Invalid value for metadata: expected a map of strings, got {patch!r}")
    merged = dict(present)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, str):
            merged[key] = value
        else:
            raise invalid(f"Invalid value for metadata.{key}: expected a string, got {value!r}")
    return merged


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One live object.  size in bytes; md5_hash and crc32c are base64, md5_hash is None for a composed object."""

    bucket: str
    name: str
    generation: int
    metageneration: int
    size: int
    md5_hash: str | None
    crc32c: str
    created: datetime
    updated: datetime
    settings: Settings
    component_count: int | None = None

    @property
    def etag(self) -> str:
        return base64.b64encode(f"{self.generation}/{self.metageneration}".encode()).decode()

    def to_json(self, base_url: str) -> dict[str, Any]:
        """The resource; its links begin with base_url (scheme://host).  64-bit numbers are strings."""
        path = f"b/{self.bucket}/o/{quote(self.name, safe='')}"
        shown: dict[str, Any] = {
            "kind": "storage#object",
            "id": f"{self.bucket}/{self.name}/{self.generation}",
            "selfLink": f"{base_url}/storage/v1/{path}",
            "mediaLink": f"{base_url}/download/storage/v1/{path}?generation={self.generation}&alt=media",
            "name": self.name,
            "bucket": self.bucket,
            "generation": str(self.generation),
            "metageneration": str(self.metageneration),
            "storageClass": "STANDARD",
            "size": str(self.size),
            "crc32c": self.crc32c,
            "etag": self.etag,
            "timeCreated": timestamp(self.created),
            "updated": timestamp(self.updated),
            "timeStorageClassUpdated": timestamp(self.created),
            "timeFinalized": timestamp(self.created),
        }
        if self.md5_hash is not None:
            shown["md5Hash"] = self.md5_hash
        if self.component_count is not None:
            shown["componentCount"] = self.component_count
        return shown | self.settings.to_json()


def timestamp(when: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: 2026-11-23T10:44:00.123Z."""
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def whole_number(query: Mapping[str, str], name: str) -> int | None:
    """A 64-bit number in the query, None if it is missing.  Raises StorageError(400)."""
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        raise invalid(f"Invalid value for {name}: expected a whole number, got {text!r}")
    return int(text)


def check_name(name: str) -> None:
    """Raises StorageError(400).  Source: Cloud Storage, "Object name requirements"."""
    if not name:
        raise StorageError(400, "required", "Required")
    too_long = len(name.encode(errors="surrogatepass")) > 1024
    if too_long or name in (".", "..") or re.search("[\r\n\0\ud800-\udfff]", name):
        raise invalid(f"Invalid object name: {name!r}")
