"""Converts an object to a row of the table `objects` and back.  Called by objects.py."""

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from local.storage.resource import Settings, StoredObject

SELECT = (
    "SELECT bucket, name, generation, metageneration, size, md5_hash, crc32c, created, updated, settings,"
    " component_count FROM objects"
)
INSERT = "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


def to_row(stored: StoredObject) -> tuple[Any, ...]:
    return (
        stored.bucket,
        stored.name,
        stored.generation,
        stored.metageneration,
        stored.size,
        stored.md5_hash,
        stored.crc32c,
        stored.created.isoformat(),
        stored.updated.isoformat(),
        json.dumps(asdict(stored.settings)),
        stored.component_count,
    )


def from_row(row: tuple[Any, ...]) -> StoredObject:
    bucket, name, generation, metageneration, size, md5_hash, crc32c, created, updated, settings, component_count = row
    return StoredObject(
        bucket=bucket,
        name=name,
        generation=generation,
        metageneration=metageneration,
        size=size,
        md5_hash=md5_hash,
        crc32c=crc32c,
        created=datetime.fromisoformat(created),
        updated=datetime.fromisoformat(updated),
        settings=Settings(**json.loads(settings)),
        component_count=component_count,
    )
