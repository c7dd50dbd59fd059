"""discord-interactions' decorator around a view of Flask, as its README shows it."""

# mypy: ignore-errors

import os

import cloud_task
from discord_interactions import InteractionResponseType, verify_key_decorator
from flask import Flask, jsonify, request

app = Flask(__name__)
create = cloud_task.creator()


@app.post("/")
@verify_key_decorator(os.environ["PUBLIC_KEY"])
def interactions():
    create(request.json)
    return jsonify({"type": InteractionResponseType.DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE})
