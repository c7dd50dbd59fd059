"""An application that answers with the headers it got."""

import json
from typing import Any


async def app(scope: dict[str, Any], _: Any, send: Any) -> None:
    body = json.dumps([[name.decode(), value.decode()] for name, value in scope["headers"]]).encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": body})
