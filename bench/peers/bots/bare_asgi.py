"""An ASGI application of uvicorn that verifies with PyNaCl and answers: nothing in Python does it with less."""

# mypy: ignore-errors

import json
import os

import cloud_task
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

KEY = VerifyKey(bytes.fromhex(os.environ["PUBLIC_KEY"]))
create = None


async def app(scope, receive, send):
    global create
    if scope["type"] != "http":
        return
    create = create or cloud_task.async_creator()
    headers = dict(scope["headers"])
    body, more = b"", True
    while more:
        event = await receive()
        body += event.get("body", b"")
        more = event.get("more_body", False)
    try:
        KEY.verify(headers[b"x-signature-timestamp"] + body, bytes.fromhex(headers[b"x-signature-ed25519"].decode()))
        status, said = 200, b'{"type":1}'
        interaction = json.loads(body)
        if interaction["type"] != 1:
            await create(interaction)
            said = b'{"type":5}'
    except BadSignatureError:
        status, said = 401, b"the signature is not valid"
    kind = b"application/json" if status == 200 else b"text/plain"
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", kind), (b"content-length", b"%d" % len(said))],
        }
    )
    await send({"type": "http.response.body", "body": said})
