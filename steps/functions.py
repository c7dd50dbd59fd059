"""A step as a Cloud Run function of its own: a thin entry to the same app.  Called by main.py."""

from collections.abc import Callable
from typing import Any

import functions_framework.aio
from starlette.requests import Request

from steps.app import create_app


def step_function(name: str, path: str) -> Callable[[Request], Any]:
    """The function of that name: it answers as the app does, on that path alone and on /health."""
    app = create_app(only=path)

    async def answer(_: Request) -> Any:
        return app  # to Starlette an answer is what can be called with a request's scope, as an app can

    answer.__name__ = name  # functions-framework remembers by it that uvicorn shall serve the function
    return functions_framework.aio.http(answer)
