"""Deployment of a workflow: its JSON → a checked revision.  Used by the APIs and by `mando up`."""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local.executions.data.instant import instant
from local.executions.data.workflows import CALL_LOG_LEVELS, Revision, Settings, WorkflowRegistry
from local.googleapi.levels import HISTORY_LEVELS
from local.http.api_error import ApiError
from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.errors import WorkflowSyntaxError

_NAME = re.compile(r"[a-zA-Z]([-_a-zA-Z0-9]{0,62}[a-zA-Z0-9])?")
_LABEL = re.compile(r"[a-z0-9_\-]{0,63}")
_MAX_LABELS = 64
_MAX_DESCRIPTION = 1000
_MAX_VARIABLES, _MAX_VARIABLE_BYTES = 20, 4 * 1024


class SourceError(ApiError):
    """Raised when a source does not compile; the message lists every problem with its position."""

    def __init__(self, error: WorkflowSyntaxError) -> None:
        super().__init__(400, str(error))


class Deployments:
    """Deploys workflows, and keeps each compiled source until its workflow is deleted."""

    def __init__(self, registry: WorkflowRegistry) -> None:
        self._registry = registry
        self._compiled: dict[str, Workflow | SourceError] = {}  # by source
        self._one = asyncio.Lock()

    async def prepare(self, source: str) -> None:
        """Compile a source on a thread, as 128 KiB take a second.  deploy() and compiled() use the result."""
        async with self._one:
            if source not in self._compiled:
                self._compiled[source] = await asyncio.to_thread(_compile, source)

    def deploy(self, workflow: str, settings: Settings) -> Revision:
        """Create a revision if source or service account changed, else update the settings of the newest one.

        Raises SourceError.  Source: Workflows v1, Workflow.revisionId.
        """
        present = self._registry.newest(workflow)
        now = instant()
        if present is not None and _runs_the_same(present.settings, settings):
            revision = replace(present, settings=settings, update_time=now)
        else:
            number = present.number + 1 if present else 1
            created = present.create_time if present else now
            revision_id = f"{number:06}-{secrets.token_hex(2)[:3]}"
            revision = Revision(workflow, number, revision_id, settings, created, now, now)
        self.compiled(revision)
        self._registry.put(revision)
        return revision

    def compiled(self, revision: Revision) -> Workflow:
        """The compiled source of a revision.  Raises SourceError, which is not kept."""
        source = revision.settings.source
        found = self._compiled.pop(source, None) or _compile(source)
        if isinstance(found, SourceError):
            raise found
        self._compiled[source] = found
        return found

    def delete(self, workflow: str) -> None:
        """Delete a workflow with its revisions.  A source that another workflow shares is compiled again."""
        for source in self._registry.sources(workflow):
            self._compiled.pop(source, None)
        self._registry.delete(workflow)


def _compile(source: str) -> Workflow | SourceError:
    try:
        return compile_workflow(source, "main.yaml")
    except WorkflowSyntaxError as error:
        return SourceError(error)


def _runs_the_same(present: Settings, settings: Settings) -> bool:
    return (present.source, present.service_account) == (settings.source, settings.service_account)


def check_workflow_id(workflow_id: str) -> None:
    """Raises ApiError(400)."""
    if not _NAME.fullmatch(workflow_id):
        raise ApiError(400, f"The workflow ID '{workflow_id}' must match ^{_NAME.pattern}$")


def settings_of(body: Mapping[str, Any]) -> Settings:
    """The settings in a Workflow resource, as googleapi/ reads it.  Raises ApiError(400)."""
    description = body.get("description", "")
    if len(description) > _MAX_DESCRIPTION:
        raise ApiError(
            400, f"The description has {len(description)} characters, at most {_MAX_DESCRIPTION} are allowed."
        )
    return Settings(
        source=body.get("sourceContents", ""),
        service_account=body.get("serviceAccount", "").rpartition("/")[2] or None,
        env=_variables(body.get("userEnvVars", {})),
        description=description,
        labels=labels_of(body),
        call_log_level=body.get("callLogLevel", CALL_LOG_LEVELS[0]),
        history_level=body.get("executionHistoryLevel", HISTORY_LEVELS[0]),
        crypto_key_name=body.get("cryptoKeyName", ""),
    )


def labels_of(body: Mapping[str, Any]) -> dict[str, str]:
    """The labels of a workflow or an execution.  Raises ApiError(400)."""
    labels: dict[str, str] = body.get("labels", {})
    if len(labels) > _MAX_LABELS:
        raise ApiError(400, f"There are {len(labels)} labels, at most {_MAX_LABELS} are allowed.")
    for name, value in labels.items():
        if not (_LABEL.fullmatch(name) and _LABEL.fullmatch(value) and re.match("[a-z]", name)):
            raise ApiError(
                400,
                f"The label '{name}': '{value}' is wrong: keys begin with a lower-case letter, keys and values have at"
                " most 63 lower-case letters, digits, dashes and underscores.",
            )
    return labels


def _variables(given: dict[str, str]) -> dict[str, str]:
    """Source: Workflows v1, Workflow.userEnvVars."""
    if len(given) > _MAX_VARIABLES:
        raise ApiError(400, f"There are {len(given)} environment variables, at most {_MAX_VARIABLES} are allowed.")
    for name, value in given.items():
        if not name or name.startswith(("GOOGLE", "WORKFLOWS")):
            raise ApiError(400, f"The environment variable '{name}' must not begin with GOOGLE or WORKFLOWS.")
        if len(f"{name}{value}".encode(errors="surrogatepass")) > _MAX_VARIABLE_BYTES:
            raise ApiError(400, f"The environment variable '{name}' has more than {_MAX_VARIABLE_BYTES} bytes.")
    return given
