"""The buckets themselves: their resource and their IAM policy.  Called by rest_buckets.py and objects.py."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from local.storage.database import Database
from local.storage.errors import StorageError, condition_not_met, invalid, no_such_bucket
from local.storage.resource import timestamp

# Source: Cloud Storage, "Bucket naming guidelines".  It also keeps a name from ever being a path.
_NAME = re.compile(r"(?=.{3,222}\Z)(?!.*[^.]{64})[a-z0-9][a-z0-9._-]*[a-z0-9]")  # 63 between two dots, 222 in all
_OUTPUT_ONLY = {"kind", "id", "name", "selfLink", "projectNumber", "metageneration", "etag", "timeCreated", "updated"}
_TYPES: Mapping[str, type] = {"location": str, "storageClass": str, "iamConfiguration": dict}


class Buckets:
    """Every method raises StorageError(404) for a bucket that does not exist."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def insert(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Create a bucket with the settings of that resource.  Raises StorageError (400, 409 if it exists)."""
        name = resource.get("name")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise invalid(f"Invalid bucket name: '{name}'")
        now, settings = timestamp(self._now()), _settings(resource)
        stored = {
            "location": "US",
            "storageClass": "STANDARD",
            **settings,
            "metageneration": "1",
            "timeCreated": now,
            "updated": now,
            "iamConfiguration": {
                "bucketPolicyOnly": {"enabled": True},
                "uniformBucketLevelAccess": {"enabled": True},
                "publicAccessPrevention": "inherited",
                **settings.get("iamConfiguration", {}),
            },
        }
        created = self._database.run(
            "INSERT INTO buckets VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            name,
            json.dumps(stored),
            json.dumps({"version": 1, "bindings": []}),
        )
        if not created.rowcount:
            message = "Your previous request to create the named bucket succeeded and you already own it."
            raise StorageError(409, "conflict", message)
        return stored | {"name": name}

    def ensure(self, name: str) -> None:
        """Create the bucket if it does not exist."""
        if not self.exists(name):
            self.insert({"name": name})

    def exists(self, name: str) -> bool:
        return self._database.row("SELECT 1 FROM buckets WHERE name = ?", name) is not None

    def require(self, name: str) -> None:
        if not self.exists(name):
            raise no_such_bucket()

    def get(self, name: str) -> dict[str, Any]:
        row = self._database.row("SELECT resource FROM buckets WHERE name = ?", name)
        if row is None:
            raise no_such_bucket()
        found: dict[str, Any] = json.loads(row[0])
        return found | {"name": name}

    def names(self, prefix: str, after: str, limit: int) -> list[str]:
        """At most `limit` names with that prefix that come after `after`."""
        rows = self._database.rows(
            "SELECT name FROM buckets WHERE name > ? AND substr(name, 1, ?) = ? ORDER BY name LIMIT ?",
            after,
            len(prefix),
            prefix,
            limit,
        )
        return [row[0] for row in rows]

    def patch(self, name: str, change: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields of the bucket; null removes one."""
        with self._database.transaction():
            stored = self.get(name)
            changed = _merged(stored, _settings(change))
            changed["metageneration"] = str(int(stored["metageneration"]) + 1)
            changed["updated"] = timestamp(self._now())
            self._database.run("UPDATE buckets SET resource = ? WHERE name = ?", json.dumps(changed), name)
        return changed | {"name": name}

    def delete(self, name: str) -> None:
        """Raises StorageError(409) if the bucket has an object."""
        with self._database.transaction():
            self.require(name)
            if self._database.row("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1", name):
                raise StorageError(409, "conflict", "The bucket you tried to delete is not empty.")
            self._database.run("DELETE FROM buckets WHERE name = ?", name)

    def policy(self, name: str) -> dict[str, Any]:
        """The IAM policy, with the etag that set_policy checks."""
        row = self._database.row("SELECT policy FROM buckets WHERE name = ?", name)
        if row is None:
            raise no_such_bucket()
        policy: dict[str, Any] = json.loads(row[0])
        etag = base64.b64encode(f"{policy.get('revision', 0):08d}".encode()).decode()
        shown = {key: value for key, value in policy.items() if key != "revision"}
        return {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{name}", **shown, "etag": etag}

    def set_policy(self, name: str, policy: Mapping[str, Any]) -> dict[str, Any]:
        """Raises StorageError(412) if the policy has an etag other than the present one."""
        bindings = policy.get("bindings", [])
        if not isinstance(bindings, list):
            raise invalid("Invalid value for bindings: expected a list")
        with self._database.transaction():
            present = self.policy(name)
            if policy.get("etag", present["etag"]) != present["etag"]:
                raise condition_not_met()
            revision = int(base64.b64decode(present["etag"])) + 1
            stored = {"version": policy.get("version", 1), "bindings": bindings, "revision": revision}
            self._database.run("UPDATE buckets SET policy = ? WHERE name = ?", json.dumps(stored), name)
        return self.policy(name)


def bucket_to_json(bucket: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """The bucket's resource; its link begins with base_url (scheme://host)."""
    name = bucket["name"]
    etag = base64.b64encode(bucket["metageneration"].encode()).decode()
    return {
        "kind": "storage#bucket",
        "id": name,
        "selfLink": f"{base_url}/storage/v1/b/{name}",
        "projectNumber": "0",
        "locationType": "region" if "-" in bucket["location"] else "multi-region",
        "etag": etag,
        **bucket,
    }


def _settings(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a client may choose.  Every bucket has those of _TYPES, so null for them is ignored.

    Raises StorageError(400).
    """
    for key, kind in _TYPES.items():
        if resource.get(key) is not None and not isinstance(resource[key], kind):
            raise invalid(f"Invalid value for {key}: {resource[key]!r}")
    never_null = {key for key in _TYPES if resource.get(key) is None}
    return {key: value for key, value in resource.items() if key not in _OUTPUT_ONLY | never_null}


def _merged(stored: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(stored)
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merged(merged[key], value)
        else:
            merged[key] = value
    return merged
