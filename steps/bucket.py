"""The bucket: put a picture once, get it back.  Cloud Storage's errors become ours here and nowhere else."""

import google.auth.exceptions
import requests
from google.api_core import exceptions
from google.cloud import storage

from steps.errors import PermanentError, RetryableError

# An object is named after what it shows, so what is behind a name never changes.
_CACHE_CONTROL = "public, max-age=31536000, immutable"
_TIMEOUT_S = (3.05, 20.0)  # connect, read

_RETRYABLE = (
    exceptions.TooManyRequests,
    exceptions.ServerError,
    google.auth.exceptions.TransportError,
    requests.ConnectionError,
    requests.Timeout,
)


class PictureBucket:
    """The pictures by their objects' names.  retry=None everywhere: when to try again is the workflow's to say."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._bucket = storage.Client().bucket(name)

    def put_once(self, object_name: str, png: bytes) -> None:
        """Create the object.  That it is there already is success: the name says what it shows."""
        blob = self._bucket.blob(object_name)
        blob.cache_control = _CACHE_CONTROL
        try:
            blob.upload_from_string(
                png, content_type="image/png", if_generation_match=0, retry=None, timeout=_TIMEOUT_S
            )
        except exceptions.PreconditionFailed:
            return
        except _RETRYABLE as error:
            raise RetryableError(f"the bucket {self._name} did not take {object_name}: {error}") from None
        except exceptions.GoogleAPICallError as error:
            raise PermanentError(500, f"the bucket {self._name} refused {object_name}: {error}") from None

    def holds(self, object_name: str) -> bool:
        """Whether the object is there."""
        try:
            return bool(self._bucket.blob(object_name).exists(retry=None, timeout=_TIMEOUT_S))
        except _RETRYABLE as error:
            raise RetryableError(
                f"the bucket {self._name} did not say whether it holds {object_name}: {error}"
            ) from None
        except exceptions.GoogleAPICallError as error:
            raise PermanentError(500, f"the bucket {self._name} refused {object_name}: {error}") from None

    def get(self, object_name: str) -> bytes:
        """The picture's bytes.  Raises PermanentError(404) where there is none."""
        try:
            png: bytes = self._bucket.blob(object_name).download_as_bytes(retry=None, timeout=_TIMEOUT_S)
        except exceptions.NotFound:
            raise PermanentError(404, f"the bucket {self._name} holds no {object_name}") from None
        except _RETRYABLE as error:
            raise RetryableError(f"the bucket {self._name} did not give {object_name}: {error}") from None
        except exceptions.GoogleAPICallError as error:
            raise PermanentError(500, f"the bucket {self._name} refused {object_name}: {error}") from None
        return png

    def public_url(self, object_name: str) -> str:
        """Where everyone can read the object, if the bucket is public."""
        url: str = self._bucket.blob(object_name).public_url
        return url
