"""A small bot made with discord-interactions and Flask: it defers, then replies and follows up from a thread.

Started by install.py; tells what it has done on standard output.
"""

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import flask
from discord_interactions import InteractionResponseFlags, InteractionResponseType, verify_key_decorator

API = os.environ["API"]
app = flask.Flask(__name__)


def tell(step: str, **what: Any) -> None:
    print(json.dumps({"step": step, **what}), flush=True)


def call(method: str, path: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json", "User-Agent": "DiscordBot (https://example.org, 1.0)"}
    request = urllib.request.Request(f"{API}/{path}", json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read())


def reply(interaction: dict[str, Any]) -> None:
    path = f"webhooks/{interaction['application_id']}/{interaction['token']}"
    for _ in range(100):
        try:
            call("PATCH", f"{path}/messages/@original", {"content": "drawn"})
        except urllib.error.HTTPError as error:
            if error.code != 404:  # Discord may not have read our acknowledgement yet
                raise
            time.sleep(0.02)
        else:
            break
    alone = {"content": "for you alone", "flags": InteractionResponseFlags.EPHEMERAL}
    tell("answered", flags=call("POST", path, alone)["flags"])


verified: Callable[[Callable[[], Any]], Callable[[], Any]] = verify_key_decorator(os.environ["PUBLIC_KEY"])


@app.post("/")
@verified
def handle() -> Any:
    threading.Thread(target=reply, args=[flask.request.json]).start()
    return flask.jsonify({"type": InteractionResponseType.DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE})


threading.Timer(0.1, tell, ["started"]).start()
app.run("127.0.0.1", int(os.environ["PORT"]))
