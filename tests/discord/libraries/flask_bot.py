"""A small bot made with discord-interactions and Flask: suggestions, a deferred reply with buttons, and a form.

It replies and follows up from a thread.  Started by install.py; tells what it has done on standard output.
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
from discord_interactions import (
    InteractionResponseFlags,
    InteractionResponseType,
    InteractionType,
    verify_key_decorator,
)

API = os.environ["API"]
WORDS = ("my cat", "my dog", "a rose")
BUTTONS = [
    {"type": 2, "style": 1, "label": "Again", "custom_id": "again"},
    {"type": 2, "style": 2, "label": "Tell us", "custom_id": "form"},
]
INPUT = {"type": 4, "custom_id": "words", "label": "What do you think?", "style": 1}
FORM = {"custom_id": "opinion", "title": "Tell us", "components": [{"type": 1, "components": [INPUT]}]}
app = flask.Flask(__name__)


def tell(step: str, **what: Any) -> None:
    print(json.dumps({"step": step, **what}), flush=True)


def call(method: str, path: str, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json", "User-Agent": "DiscordBot (https://example.org, 1.0)"}
    request = urllib.request.Request(f"{API}/{path}", json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def reply(interaction: dict[str, Any]) -> None:
    path = f"webhooks/{interaction['application_id']}/{interaction['token']}"
    message = {"content": "drawn", "components": [{"type": 1, "components": BUTTONS}]}
    for _ in range(100):
        try:
            call("PATCH", f"{path}/messages/@original", message)
        except urllib.error.HTTPError as error:
            if error.code != 404:  # Discord may not have read our acknowledgement yet
                raise
            time.sleep(0.02)
        else:
            break
    alone = {"content": "for you alone", "flags": InteractionResponseFlags.EPHEMERAL}
    tell("answered", flags=call("POST", path, alone)["flags"])


def answer(kind: int, data: Any = None) -> Any:
    return flask.jsonify({"type": kind} | ({} if data is None else {"data": data}))


verified: Callable[[Callable[[], Any]], Callable[[], Any]] = verify_key_decorator(os.environ["PUBLIC_KEY"])


@app.post("/")
@verified
def handle() -> Any:
    interaction: Any = flask.request.json
    data = interaction["data"]
    if interaction["type"] == InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE:
        (typed,) = [option["value"] for option in data["options"] if option.get("focused")]
        choices = [{"name": words, "value": words} for words in WORDS if words.startswith(typed)]
        return answer(InteractionResponseType.APPLICATION_COMMAND_AUTOCOMPLETE_RESULT, {"choices": choices})
    if interaction["type"] == InteractionType.MESSAGE_COMPONENT and data["custom_id"] == "form":
        return answer(InteractionResponseType.MODAL, FORM)
    if interaction["type"] == InteractionType.MESSAGE_COMPONENT:
        again = f"{interaction['message']['content']} again"
        return answer(InteractionResponseType.UPDATE_MESSAGE, {"content": again})
    if interaction["type"] == InteractionType.MODAL_SUBMIT:
        words = data["components"][0]["components"][0]["value"]
        thanks = {"content": f"thank you: {words}", "flags": InteractionResponseFlags.EPHEMERAL}
        return answer(InteractionResponseType.CHANNEL_MESSAGE_WITH_SOURCE, thanks)
    threading.Thread(target=reply, args=[interaction]).start()
    return answer(InteractionResponseType.DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE)


threading.Timer(0.1, tell, ["started"]).start()
app.run("127.0.0.1", int(os.environ["PORT"]))
