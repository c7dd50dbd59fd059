"""Flask-Discord-Interactions: a command that defers its reply, as its documentation shows it."""

# mypy: ignore-errors

import os

import cloud_task
from flask import Flask, request
from flask_discord_interactions import DiscordInteractions, Message

app = Flask(__name__)
discord = DiscordInteractions(app)
app.config["DISCORD_PUBLIC_KEY"] = os.environ["PUBLIC_KEY"]
create = cloud_task.creator()


@discord.command()
def mando(ctx):
    """Draw a mandala."""
    create(request.json)
    return Message(deferred=True)


discord.set_route("/")
