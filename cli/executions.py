"""Google's executions client, for the local cloud or for a project.  Called by replay.py.

In: names and filters.  Out: Execution.  All methods raise NoAnswer: nothing answers, the server refuses the call, or
its answer is not one of this API.
"""

import contextlib
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

import google.auth
import google.auth.exceptions
import grpc
from google.api_core import exceptions
from google.cloud.workflows import executions_v1
from google.cloud.workflows.executions_v1.services.executions.transports import ExecutionsGrpcTransport

from local.project import HOST, Ports
from local.waiting import waits_in

_GOOGLE = "workflowexecutions.googleapis.com"
_TIMEOUT_S = 30
_PAGE = 100
_NAME = re.compile(r"projects/[^/]+/locations/[^/]+/workflows/[^/]+/executions/[^/]+")
_MAX_MESSAGE_LENGTH = 300

_STATES = {int(state): state.name for state in executions_v1.Execution.State}  # type: ignore[attr-defined]
# The messages of these errors do not help the user: they come from the transport, or from a server with another API.
_UNREACHABLE = (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded)
_NOT_THIS_API = (exceptions.MethodNotImplemented, exceptions.InternalServerError, exceptions.Unknown)


class NoAnswer(Exception):
    """Raised when a call has no usable answer; the message is one line for the terminal."""


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution.  argument and result are "" if there is none; context says where and why it failed."""

    name: str
    argument: str
    state: str
    result: str
    context: str

    @property
    def id(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def workflow(self) -> str:
        return self.name.partition("/executions/")[0]

    @property
    def waits_in(self) -> str | None:
        """The task that it left its request to; None if it did not."""
        return waits_in(self.result)


class Executions:
    """The client.  address and hint are for the message of NoAnswer when nothing answers."""

    def __init__(self, client: executions_v1.ExecutionsClient, address: str, hint: str) -> None:
        self._client = client
        self._address = address
        self._hint = hint

    @classmethod
    def of_this_machine(cls, port: int) -> "Executions":
        _keep_grpc_quiet()
        address = f"{HOST}:{Ports(port).grpc}"
        # No proxy for calls to this machine; no limit on the size of an answer, as in Google's own client.
        channel = grpc.insecure_channel(
            address, options=[("grpc.enable_http_proxy", 0), ("grpc.max_receive_message_length", -1)]
        )
        client = executions_v1.ExecutionsClient(transport=ExecutionsGrpcTransport(channel=channel))
        return cls(client, address, "start it with `mando up`, or give its --port")

    @classmethod
    def of_google(cls) -> "Executions":
        _keep_grpc_quiet()
        try:
            return cls(executions_v1.ExecutionsClient(), _GOOGLE, "is the network up?")
        except (google.auth.exceptions.GoogleAuthError, ValueError) as error:
            words = _one_line(error)
            raise NoAnswer(f"no credentials ({words}); run `gcloud auth application-default login`") from None

    def get(self, name: str) -> Execution:
        with self._errors_as_no_answer():
            return self._read(self._client.get_execution(name=name, timeout=_TIMEOUT_S))

    def create(self, workflow: str, argument: str, labels: dict[str, str]) -> Execution:
        execution = executions_v1.Execution(argument=argument, labels=labels)
        with self._errors_as_no_answer():
            return self._read(self._client.create_execution(parent=workflow, execution=execution, timeout=_TIMEOUT_S))

    def list_executions(self, workflow: str, condition: str) -> Iterator[Execution]:
        """Yield the executions that match the filter, with their arguments, newest first."""
        request = executions_v1.ListExecutionsRequest(
            parent=workflow, filter=condition, view=executions_v1.ExecutionView.FULL, page_size=_PAGE
        )
        tokens: set[str] = set()
        with self._errors_as_no_answer():
            for page in self._client.list_executions(request, timeout=_TIMEOUT_S).pages:
                yield from map(self._read, page.executions)
                if page.next_page_token in tokens:
                    raise self._unexpected_answer("the same page follows twice")
                tokens.add(page.next_page_token)

    def _read(self, execution: executions_v1.Execution) -> Execution:
        number: int = executions_v1.Execution.pb(execution).state
        state = _STATES.get(number, f"STATE_{number}")  # Source: Execution.State, "More states might be added"
        if not _NAME.fullmatch(execution.name) or not number:
            raise self._unexpected_answer("an execution has a name and a state")
        return Execution(execution.name, execution.argument, state, execution.result, execution.error.context)

    @contextlib.contextmanager
    def _errors_as_no_answer(self) -> Iterator[None]:
        try:
            yield
        except _UNREACHABLE as error:
            raise NoAnswer(f"cannot reach {self._address}: {_one_line(error)}; {self._hint}") from None
        except _NOT_THIS_API as error:
            raise self._unexpected_answer(_one_line(error)) from None
        except exceptions.GoogleAPICallError as error:
            raise NoAnswer(_one_line(error)) from None
        except google.auth.exceptions.GoogleAuthError as error:
            raise NoAnswer(f"{_GOOGLE} takes no such credentials ({_one_line(error)})") from None

    def _unexpected_answer(self, words: str) -> NoAnswer:
        return NoAnswer(f"{self._address} does not answer as Workflow Executions does: {words}")


def _keep_grpc_quiet() -> None:
    """gRPC also logs each error that it raises, with a traceback."""
    logging.getLogger("grpc").setLevel(logging.CRITICAL)


def _one_line(error: Exception) -> str:
    words = error.message if isinstance(error, exceptions.GoogleAPICallError) else str(error)
    return " ".join((words or type(error).__name__).split())[:_MAX_MESSAGE_LENGTH].rstrip()
