"""events.*: callbacks.  A driver opens the address and says what arrived there."""

from local.workflows.effects import AwaitCallback, CallbackRequest, CreateCallback, Effects, Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import functions, text_of, wrong_type
from local.workflows.stdlib.http import decode_body

_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")


def create_callback_endpoint(http_callback_method: Value = "POST") -> Effects:
    method = text_of("events.create_callback_endpoint", http_callback_method)
    if method not in _METHODS:
        raise WorkflowError.tagged("ValueError", f"http_callback_method {method!r} is none of {', '.join(_METHODS)}")
    url = yield CreateCallback(method)
    assert isinstance(url, str)  # noqa: S101 -- the driver's contract
    return {"url": url}


def await_callback(callback: Value, timeout: Value = 43200.0) -> Effects:
    url = callback.get("url") if isinstance(callback, dict) else None
    if not isinstance(url, str):
        raise wrong_type("events.await_callback callback", callback, "map with the url of a callback")
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise wrong_type("events.await_callback timeout", timeout, "number of seconds")
    if not timeout >= 0:  # NaN, too
        raise WorkflowError.tagged("ValueError", f"events.await_callback: timeout {timeout} is negative")
    arrived = yield AwaitCallback(url, float(timeout))
    if arrived is None:
        raise WorkflowError.tagged("TimeoutError", f"no callback within {timeout:g} seconds")
    assert isinstance(arrived, CallbackRequest)  # noqa: S101 -- the driver's contract
    headers: dict[str, Value] = {name.title(): value for name, value in arrived.headers.items()}
    return {
        "http_request": {
            "body": decode_body(arrived.headers, arrived.body),
            "headers": headers,
            "method": arrived.method,
            "query": dict(arrived.query),
            "url": arrived.url,
        },
        "received_time": arrived.received_at,
        "type": "HTTP",
    }


FUNCTIONS = functions("events", create_callback_endpoint, await_callback)
