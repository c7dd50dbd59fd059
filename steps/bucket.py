"""The bucket: put a picture once, get it back.  Cloud Storage's errors become ours here and nowhere else."""

import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager

import google.auth.exceptions
import requests
import urllib3
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption

from schemas.picture import ObjectName
from steps.errors import PermanentError, Reason, RetryableError

# An object is named after what it shows, so what is behind a name never changes.
_CACHE_CONTROL = "public, max-age=31536000, immutable"
TIMEOUT_S = (2.0, 5.0)  # connect, read
_PNG = b"\x89PNG"

# What the client raises beside GoogleAPICallError, which has a status.  None of it says that the next call fails too.
_BROKEN = (
    exceptions.RetryError,
    google.auth.exceptions.GoogleAuthError,  # no access token to be had just now
    requests.RequestException,  # no connection, a time-out, a broken answer, an answer that is no JSON
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    ConnectionError,  # a download that ended early
    DataCorruption,  # a checksum that does not fit
)
_REFUSED = (401, 403)
_PASSING = (408, 429)  # and 5xx.  Source: Cloud Storage, "Retry strategy"


class PictureBucket:
    """The pictures by their objects' names.  retry=None everywhere: when to try again is the workflow's to say."""

    def __init__(self, name: str) -> None:
        self._name = name
        # Else the client asks for the bucket's metadata in a thread of its own, for two minutes where it fails.
        os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
        self._bucket = storage.Client().bucket(name)

    def put_once(self, object_name: ObjectName, png: bytes) -> None:
        """Create the object.  That it is there already is success: the name says what it shows."""
        blob = self._bucket.blob(object_name)
        blob.cache_control = _CACHE_CONTROL
        with self._errors(f"take {object_name}"):
            try:
                blob.upload_from_string(
                    png, content_type="image/png", if_generation_match=0, retry=None, timeout=TIMEOUT_S
                )
            except exceptions.PreconditionFailed:
                return

    def holds(self, object_name: ObjectName) -> bool:
        """Whether the object is there."""
        with self._errors(f"say whether it holds {object_name}"):
            return bool(self._bucket.blob(object_name).exists(retry=None, timeout=TIMEOUT_S))

    def get(self, object_name: ObjectName) -> bytes:
        """The picture's bytes.  Raises PermanentError where there is none."""
        with self._errors(f"give {object_name}"):
            try:
                png: bytes = self._bucket.blob(object_name).download_as_bytes(retry=None, timeout=TIMEOUT_S)
            except exceptions.NotFound:
                raise PermanentError(
                    "missing", f"the bucket {self._name} holds no {object_name}", kind="bucket"
                ) from None
        if not png.startswith(_PNG):  # somebody else on the way answered
            raise RetryableError(
                f"the bucket {self._name} did not give {object_name}: what came is no PNG", kind="bucket"
            )
        return png

    def public_url(self, object_name: ObjectName) -> str:
        """Where everyone can read the object, if the bucket is public."""
        url: str = self._bucket.blob(object_name).public_url
        return url

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        """RetryableError where the same call may succeed later; else PermanentError: a role or a setting is wrong."""
        try:
            yield
        except exceptions.GoogleAPICallError as error:
            if error.code is None or error.code >= 500 or error.code in _PASSING:
                raise RetryableError(f"the bucket {self._name} did not {what}: {error}", kind="bucket") from None
            reason: Reason = "refused" if error.code in _REFUSED else "bug"
            raise PermanentError(reason, f"the bucket {self._name} refused to {what}: {error}", kind="bucket") from None
        except google.auth.exceptions.DefaultCredentialsError as error:
            raise PermanentError(
                "refused", f"the bucket {self._name} was not asked to {what}: {error}", kind="bucket"
            ) from None
        except _BROKEN as error:
            raise RetryableError(
                f"the bucket {self._name} did not {what}: {type(error).__name__}: {error}", kind="bucket"
            ) from None
