"""The connectors that have a face here: which HTTP call each makes.  Used by googleapis.

Source: Workflows, "Connectors reference"; the REST references of Cloud Tasks v2, Cloud Storage v1, Workflows v1 and
Workflow Executions v1.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Method:
    """One method: {name} in the URL is a resource name, {name!} one segment of the path; query names the rest.

    is_long: the answer is an operation, which is waited for.
    """

    verb: str
    url: str
    required: tuple[str, ...]
    query: tuple[str, ...] = ()
    is_long: bool = False


_TASKS = "https://cloudtasks.googleapis.com/v2/"
_STORAGE = "https://storage.googleapis.com/storage/v1/"
_UPLOAD = "https://storage.googleapis.com/upload/storage/v1/"
_WORKFLOWS = "https://workflows.googleapis.com/v1/"
_EXECUTIONS = "https://workflowexecutions.googleapis.com/v1/"
_PAGE = ("pageSize", "pageToken", "filter", "orderBy")
_OBJECTS = ("delimiter", "maxResults", "pageToken", "prefix", "projection")
_GENERATION = ("generation", "ifGenerationMatch")
_OBJECT, _BUCKET = "b/{bucket!}/o/{object!}", "b/{bucket!}"
_TO = "b/{destinationBucket!}/o/{destinationObject!}"
_FROM = "b/{sourceBucket!}/o/{sourceObject!}"
_COPY = ("sourceBucket", "sourceObject", "destinationBucket", "destinationObject")


METHODS: Mapping[str, Method] = {
    "googleapis.cloudtasks.v2.projects.locations.queues.create": Method(
        "POST", _TASKS + "{parent}/queues", ("parent", "body")
    ),
    "googleapis.cloudtasks.v2.projects.locations.queues.delete": Method("DELETE", _TASKS + "{name}", ("name",)),
    "googleapis.cloudtasks.v2.projects.locations.queues.get": Method("GET", _TASKS + "{name}", ("name",)),
    "googleapis.cloudtasks.v2.projects.locations.queues.list": Method(
        "GET", _TASKS + "{parent}/queues", ("parent",), _PAGE
    ),
    "googleapis.cloudtasks.v2.projects.locations.queues.patch": Method(
        "PATCH", _TASKS + "{name}", ("name", "body"), ("updateMask",)
    ),
    "googleapis.cloudtasks.v2.projects.locations.queues.pause": Method("POST", _TASKS + "{name}:pause", ("name",)),
    "googleapis.cloudtasks.v2.projects.locations.queues.purge": Method("POST", _TASKS + "{name}:purge", ("name",)),
    "googleapis.cloudtasks.v2.projects.locations.queues.resume": Method("POST", _TASKS + "{name}:resume", ("name",)),
    "googleapis.cloudtasks.v2.projects.locations.queues.tasks.create": Method(
        "POST", _TASKS + "{parent}/tasks", ("parent", "body")
    ),
    "googleapis.cloudtasks.v2.projects.locations.queues.tasks.delete": Method("DELETE", _TASKS + "{name}", ("name",)),
    "googleapis.cloudtasks.v2.projects.locations.queues.tasks.get": Method(
        "GET", _TASKS + "{name}", ("name",), ("responseView",)
    ),
    "googleapis.cloudtasks.v2.projects.locations.queues.tasks.list": Method(
        "GET", _TASKS + "{parent}/tasks", ("parent",), ("pageSize", "pageToken", "responseView")
    ),
    "googleapis.cloudtasks.v2.projects.locations.queues.tasks.run": Method("POST", _TASKS + "{name}:run", ("name",)),
    "googleapis.storage.v1.buckets.delete": Method("DELETE", _STORAGE + _BUCKET, ("bucket",)),
    "googleapis.storage.v1.buckets.get": Method("GET", _STORAGE + _BUCKET, ("bucket",)),
    "googleapis.storage.v1.buckets.insert": Method("POST", _STORAGE + "b", ("project", "body"), ("project",)),
    "googleapis.storage.v1.buckets.list": Method(
        "GET", _STORAGE + "b", ("project",), ("project", "maxResults", "pageToken", "prefix", "projection")
    ),
    "googleapis.storage.v1.buckets.patch": Method("PATCH", _STORAGE + _BUCKET, ("bucket", "body")),
    "googleapis.storage.v1.objects.compose": Method(
        "POST", _STORAGE + _TO + "/compose", ("destinationBucket", "destinationObject", "body"), ("ifGenerationMatch",)
    ),
    "googleapis.storage.v1.objects.copy": Method(
        "POST", _STORAGE + _FROM + "/copyTo/" + _TO, _COPY, ("ifGenerationMatch",)
    ),
    "googleapis.storage.v1.objects.delete": Method("DELETE", _STORAGE + _OBJECT, ("bucket", "object"), _GENERATION),
    "googleapis.storage.v1.objects.get": Method("GET", _STORAGE + _OBJECT, ("bucket", "object"), ("alt", *_GENERATION)),
    "googleapis.storage.v1.objects.insert": Method(
        "POST", _UPLOAD + _BUCKET + "/o", ("bucket", "name", "body"), ("name", "uploadType", "ifGenerationMatch")
    ),
    "googleapis.storage.v1.objects.list": Method("GET", _STORAGE + _BUCKET + "/o", ("bucket",), _OBJECTS),
    "googleapis.storage.v1.objects.patch": Method(
        "PATCH", _STORAGE + _OBJECT, ("bucket", "object", "body"), _GENERATION
    ),
    "googleapis.storage.v1.objects.rewrite": Method(
        "POST", _STORAGE + _FROM + "/rewriteTo/" + _TO, _COPY, ("ifGenerationMatch", "rewriteToken")
    ),
    "googleapis.workflows.v1.projects.locations.workflows.create": Method(
        "POST", _WORKFLOWS + "{parent}/workflows", ("parent", "workflowId", "body"), ("workflowId",), is_long=True
    ),
    "googleapis.workflows.v1.projects.locations.workflows.delete": Method(
        "DELETE", _WORKFLOWS + "{name}", ("name",), (), is_long=True
    ),
    "googleapis.workflows.v1.projects.locations.workflows.get": Method(
        "GET", _WORKFLOWS + "{name}", ("name",), ("revisionId",)
    ),
    "googleapis.workflows.v1.projects.locations.workflows.list": Method(
        "GET", _WORKFLOWS + "{parent}/workflows", ("parent",), _PAGE
    ),
    "googleapis.workflows.v1.projects.locations.workflows.patch": Method(
        "PATCH", _WORKFLOWS + "{name}", ("name", "body"), ("updateMask",), is_long=True
    ),
    "googleapis.workflows.v1.projects.locations.operations.get": Method("GET", _WORKFLOWS + "{name}", ("name",)),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.cancel": Method(
        "POST", _EXECUTIONS + "{name}:cancel", ("name",)
    ),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create": Method(
        "POST", _EXECUTIONS + "{parent}/executions", ("parent", "body")
    ),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get": Method(
        "GET", _EXECUTIONS + "{name}", ("name",), ("view",)
    ),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.list": Method(
        "GET", _EXECUTIONS + "{parent}/executions", ("parent",), (*_PAGE, "view")
    ),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.callbacks.list": Method(
        "GET", _EXECUTIONS + "{parent}/callbacks", ("parent",), ("pageSize", "pageToken")
    ),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.stepEntries.get": Method(
        "GET", _EXECUTIONS + "{name}", ("name",), ("view",)
    ),
    "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.stepEntries.list": Method(
        "GET", _EXECUTIONS + "{parent}/stepEntries", ("parent",), (*_PAGE, "skip", "view")
    ),
}
