"""Errors of Cloud Storage: an HTTP code, a reason, a message."""

from typing import Any


class StorageError(Exception):
    """Raised when a storage call fails; wire.py turns it into Google's JSON."""

    def __init__(self, code: int, reason: str, message: str, location: str | None = None) -> None:
        super().__init__(message)
        self.code, self.reason, self.message, self.location = code, reason, message, location

    def to_json(self) -> dict[str, Any]:
        """The body of the answer.  Source: Cloud Storage, "HTTP status and error codes for JSON"."""
        detail: dict[str, str] = {"message": self.message, "domain": "global", "reason": self.reason}
        if self.location is not None:
            detail |= {"locationType": "header", "location": self.location}
        return {"error": {"code": self.code, "message": self.message, "errors": [detail]}}


def invalid(message: str) -> StorageError:
    return StorageError(400, "invalid", message)


def no_such_bucket() -> StorageError:
    return StorageError(404, "notFound", "The specified bucket does not exist.")


def no_such_object(bucket: str, name: str) -> StorageError:
    return StorageError(404, "notFound", f"No such object: {bucket}/{name}")


def content_lost(bucket: str, name: str, why: str) -> StorageError:
    """The object is in the index, but its bytes are missing or truncated: a retry does not help."""
    return StorageError(500, "internalError", f"The content of {bucket}/{name} is lost: {why}. Upload it again.")


def condition_not_met() -> StorageError:
    message = "At least one of the pre-conditions you specified did not hold."
    return StorageError(412, "conditionNotMet", message, location="If-Match")


def not_modified() -> StorageError:
    return StorageError(304, "notModified", "Not Modified")
