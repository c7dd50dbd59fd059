"""The tables of store.py, and the conversion of their rows."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from local.discord.data.interaction import Interaction
from local.discord.data.message import Attachment, Message

SCHEMA = """
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE commands (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE guild_commands (
    name TEXT PRIMARY KEY,
    definition TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE interactions (
    id INTEGER PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    body BLOB NOT NULL,
    state TEXT NOT NULL,
    original_id INTEGER,
    acknowledged_status INTEGER,
    acknowledged_ms REAL,
    modal TEXT,
    opened_by INTEGER
) STRICT;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL UNIQUE,
    made_at_revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    interaction_id INTEGER,
    nonce TEXT,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX messages_of_interaction ON messages (interaction_id) WHERE interaction_id IS NOT NULL;
CREATE INDEX messages_by_nonce ON messages (nonce) WHERE nonce IS NOT NULL;
CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL
) STRICT;
CREATE INDEX files_of_message ON files (message_id);
"""

# The columns of which interaction_of() makes an interaction.
INTERACTION = "id, token, body, state, original_id, acknowledged_status, acknowledged_ms, modal, opened_by"

ChangeKind = Literal["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"]  # as Discord's gateway calls them


@dataclass(frozen=True, slots=True)
class Change:
    """A message after the change with that revision."""

    revision: int
    kind: ChangeKind
    message: Message


def interaction_of(row: tuple[Any, ...]) -> Interaction:
    number, token, body, state, original_id, status, ms, modal, opener = row
    original, opened_by = (str(one) if one else None for one in (original_id, opener))
    return Interaction(str(number), token, body, state, original, status, ms, modal, opened_by)


def add_modals(connection: sqlite3.Connection) -> None:
    """Migrate from the first numbered layout."""
    for column in ("modal TEXT", "opened_by INTEGER"):
        connection.execute(f"ALTER TABLE interactions ADD COLUMN {column}")


def kind_of(is_new: bool, deleted: bool) -> ChangeKind:
    if deleted:
        return "MESSAGE_DELETE"
    return "MESSAGE_CREATE" if is_new else "MESSAGE_UPDATE"


def text_of(message: Message) -> str:
    return json.dumps(asdict(message), default=datetime.isoformat)


def message_of(text: str) -> Message:
    values: dict[str, Any] = json.loads(text)
    values["created_at"] = datetime.fromisoformat(values["created_at"])
    values["edited_at"] = datetime.fromisoformat(values["edited_at"]) if values["edited_at"] else None
    values["attachments"] = tuple(Attachment(**attachment) for attachment in values["attachments"])
    for name in ("embeds", "mentions", "components"):
        values[name] = tuple(values.get(name, ()))
    return Message(**values)
