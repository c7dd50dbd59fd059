"""App Engine's front end, in the processes of the steps: gunicorn reads this file as its configuration.

On App Engine nobody reaches a service except through the front end, which removes headers that only Google may send.
So a service may believe X-AppEngine-QueueName.  Here the front stands between the socket and the application.  A call
with the local cloud's pass keeps its headers, and the pass is removed; from every other call these headers are removed.
It is in the same process because a proxy before it would change what the tests see of slow and broken connections.
It imports nothing of local/, so that the steps run with what is deployed.

Source: App Engine, "Request headers and responses": X-Google-* and App Engine's own headers are removed, by their exact
names in any case; Cloud Tasks, "Create App Engine task handlers": the headers of a task are set internally.
"""

import hmac
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[None]]

_FRONT = b"x-mando-front"
_OWN = frozenset(
    f"x-appengine-{name}".encode()
    for name in (
        *("queuename", "taskname", "taskretrycount", "taskexecutioncount", "tasketa"),
        *("taskpreviousresponse", "taskretryreason", "failfast"),
        *("cron", "country", "region", "city", "citylatlong", "https", "user-ip", "inbound-appid"),
        *("default-version-hostname", "request-log-id", "api-ticket"),
    )
)


def front(app: App, secret: str) -> App:
    """The application behind the front end.  secret: the pass of the local cloud's own calls."""
    expected = secret.encode()

    async def answer(scope: Scope, receive: Any, send: Any) -> None:
        given = [value for name, value in scope["headers"] if name == _FRONT]
        is_ours = len(given) == 1 and hmac.compare_digest(given[0], expected)
        headers = [each for each in scope["headers"] if each[0] != _FRONT and (is_ours or not _is_own(each[0]))]
        await app({**scope, "headers": headers}, receive, send)

    return answer


def _is_own(name: bytes) -> bool:
    return name in _OWN or name.startswith(b"x-google-")


def post_worker_init(worker: Any) -> None:
    """gunicorn calls this in each worker, when the application is loaded and before it serves."""
    worker.wsgi = front(worker.wsgi, os.environ.pop("MANDO_FRONT"))
