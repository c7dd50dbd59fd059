"""The request and response messages of the imitated APIs.  Used by methods.py.

They are those of the installed client libraries, plus the fields that only the REST APIs have.
Source: the discovery documents of Workflows v1 and Workflow Executions v1, as gcloud 528 carries them.
"""

from typing import Any

from google.cloud import tasks_v2, tasks_v2beta3, workflows_v1
from google.cloud.workflows import executions_v1
from google.longrunning import operations_pb2  # type: ignore[import-untyped]
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2
from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.message import Message

from local.googleapi.levels import HISTORY_LEVELS

_Field = descriptor_pb2.FieldDescriptorProto
_TEXT, _INTEGER, _BOOLEAN = _Field.TYPE_STRING, _Field.TYPE_INT32, _Field.TYPE_BOOL
_PACKAGE = "google.cloud.workflows.executions.v1"
_VIEW = f".{_PACKAGE}.ExecutionView"
_LIST = {"parent": _TEXT, "page_size": _INTEGER, "page_token": _TEXT, "filter": _TEXT, "order_by": _TEXT}

# Message → its additional fields; a text is the name of a message or an enum.
_BEYOND: dict[str, dict[str, int | str]] = {
    "Execution": {
        "create_time": ".google.protobuf.Timestamp",
        "disable_concurrency_quota_overflow_buffering": _BOOLEAN,
        "execution_history_level": f".{_PACKAGE}.ExecutionHistoryLevel",
    },
    "DeleteExecutionHistoryRequest": {"name": _TEXT},
    "ListCallbacksRequest": {"parent": _TEXT, "page_size": _INTEGER, "page_token": _TEXT},
    "ListStepEntriesRequest": {**_LIST, "skip": _INTEGER, "view": _VIEW},
    "GetStepEntryRequest": {"name": _TEXT, "view": _VIEW},
}
_FIRST_NUMBER = 1000  # of the fields that we add; REST does not use field numbers


def _executions() -> descriptor_pool.DescriptorPool:
    """The messages of Workflow Executions with what _BEYOND adds."""
    pool = descriptor_pool.DescriptorPool()
    _copy(executions_v1.Execution.pb().DESCRIPTOR.file, pool, set())
    return pool


def _copy(file: FileDescriptor, pool: descriptor_pool.DescriptorPool, done: set[str]) -> None:
    if file.name in done:
        return
    done.add(file.name)
    for needed in file.dependencies:
        _copy(needed, pool, done)
    copied = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(copied)
    if copied.package == _PACKAGE:
        _extend(copied)
    pool.Add(copied)


def _extend(file: descriptor_pb2.FileDescriptorProto) -> None:
    levels = file.enum_type.add(name="ExecutionHistoryLevel")
    for number, name in enumerate(HISTORY_LEVELS):
        levels.value.add(name=name, number=number)
    present = {message.name: message for message in file.message_type}
    for name, fields in _BEYOND.items():
        message = present.get(name) or file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), _FIRST_NUMBER):
            added = message.field.add(name=field, number=number, label=_Field.LABEL_OPTIONAL)
            if isinstance(kind, str):
                added.type_name = kind
            else:
                added.type = kind  # type: ignore[assignment]


_POOL = _executions()
_MODULES: dict[str, Any] = {
    "google.cloud.tasks.v2.CloudTasks": tasks_v2,
    "google.cloud.tasks.v2beta3.CloudTasks": tasks_v2beta3,
    "google.cloud.workflows.v1.Workflows": workflows_v1,
    f"{_PACKAGE}.Executions": executions_v1,
    "google.longrunning.Operations": operations_pb2,
}


def message_of(service: str, name: str) -> type[Message] | None:
    """The class of a message of that gRPC service; None where the client library has none."""
    found: Any = empty_pb2.Empty if name == "Empty" else getattr(_MODULES[service], name, None)
    plain: type[Message] | None = found.pb() if hasattr(found, "pb") else found
    return plain


def fields_of(service: str, name: str) -> Descriptor:
    """The descriptor of a request message."""
    if service == f"{_PACKAGE}.Executions":
        return _POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}")
    found: Descriptor = message_of(service, name).DESCRIPTOR  # type: ignore[union-attr, assignment]
    return found
