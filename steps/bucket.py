"""The bucket: put a picture once, get it back.  Only this file turns Cloud Storage's errors into ours."""

import functools
import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import google.auth.exceptions
import requests
import urllib3
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption

from schemas.picture import ObjectName
from service.deployment import BUCKET_TIMEOUT_S, STEPS_THREADS
from steps.connections import keep_connections
from steps.errors import PermanentError, Reason, RetryableError

# An object's name is a hash of all that its picture shows, so its content never changes.
_CACHE_CONTROL = "public, max-age=31536000, immutable"
_PNG = b"\x89PNG"

# What the client raises beside GoogleAPICallError, which has a status.  After each of them a retry may succeed.
_RETRYABLE = (
    exceptions.RetryError,
    google.auth.exceptions.GoogleAuthError,  # no access token now
    requests.RequestException,  # no connection, a time-out, a broken answer, an answer that is no JSON
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    ConnectionError,  # a download that ended early
    DataCorruption,  # a checksum that does not fit
)
_REFUSED_STATUSES = (401, 403)
_RETRYABLE_STATUSES = (408, 429)  # and 5xx.  Source: Cloud Storage, "Retry strategy"


class PictureBucket:
    """The pictures by their objects' names.  retry=None everywhere: the workflow decides about retries.

    Credentials are looked for by the first call that needs them: a host that only links pictures has none.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        # Else the client reads the bucket's metadata in a thread of its own, and retries for two minutes if that fails.
        os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")

    @functools.cached_property
    def _bucket(self) -> Any:
        client = storage.Client()
        keep_connections(client._http, STEPS_THREADS)
        return client.bucket(self._name)

    def put_once(self, object_name: ObjectName, png: bytes) -> None:
        """Create the object.  If it exists already, that is success: the same name has the same picture."""
        with self._errors(f"take {object_name}"):
            blob = self._bucket.blob(object_name)
            blob.cache_control = _CACHE_CONTROL
            try:
                blob.upload_from_string(
                    png, content_type="image/png", if_generation_match=0, retry=None, timeout=BUCKET_TIMEOUT_S
                )
            except exceptions.PreconditionFailed:
                return

    def holds(self, object_name: ObjectName) -> bool:
        """Whether the object is there."""
        with self._errors(f"say whether it holds {object_name}"):
            return bool(self._bucket.blob(object_name).exists(retry=None, timeout=BUCKET_TIMEOUT_S))

    def get(self, object_name: ObjectName) -> bytes:
        """The picture's bytes.  Raises PermanentError if there is no such object."""
        with self._errors(f"give {object_name}"):
            try:
                # In one piece: else it comes in 8 KB, of which each gives the interpreter away twice.
                png: bytes = self._bucket.blob(object_name).download_as_bytes(
                    retry=None, timeout=BUCKET_TIMEOUT_S, single_shot_download=True
                )
            except exceptions.NotFound:
                raise PermanentError(
                    "missing", f"the bucket {self._name} holds no {object_name}", kind="bucket"
                ) from None
        if not png.startswith(_PNG):  # not the answer of Cloud Storage, but of a proxy
            raise RetryableError(
                f"the bucket {self._name} did not give {object_name}: what came is no PNG", kind="bucket"
            )
        return png

    def public_url(self, object_name: ObjectName) -> str:
        """Where everyone can read the object, if the bucket is public."""
        bucket = storage.Client.create_anonymous_client().bucket(self._name)
        url: str = bucket.blob(object_name).public_url
        return url

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """RetryableError where the same call may succeed later; else PermanentError: a role or a setting is wrong."""
        try:
            yield
        except exceptions.GoogleAPICallError as error:
            if error.code is None or error.code >= 500 or error.code in _RETRYABLE_STATUSES:
                raise RetryableError(f"the bucket {self._name} did not {what}: {error}", kind="bucket") from None
            reason: Reason = "refused" if error.code in _REFUSED_STATUSES else "bug"
            raise PermanentError(reason, f"the bucket {self._name} refused to {what}: {error}", kind="bucket") from None
        except google.auth.exceptions.DefaultCredentialsError as error:
            raise PermanentError(
                "refused", f"the bucket {self._name} was not asked to {what}: {error}", kind="bucket"
            ) from None
        except _RETRYABLE as error:
            raise RetryableError(
                f"the bucket {self._name} did not {what}: {type(error).__name__}: {error}", kind="bucket"
            ) from None
