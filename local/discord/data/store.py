"""The state of the local Discord: a SQLite file and a folder of files.  Called on the store's thread of LocalDiscord.

Every change of a message gets a revision, a number larger than all before, so a listener can resume after the last one
that it saw.  A deleted message leaves a tombstone, so that late edits and listeners learn of the deletion.
"""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from local.data.content_pool import ContentPool
from local.data.sqlite import Sqlite
from local.data.sqlite_file import Layout
from local.discord.data.files import MessageFiles
from local.discord.data.interaction import Interaction
from local.discord.data.message import Attachment, Message
from local.discord.data.rows import (
    INTERACTION,
    SCHEMA,
    Change,
    add_modals,
    interaction_of,
    kind_of,
    message_of,
    text_of,
)

Scope = Literal["global", "guild"]  # of a command: for every guild, or for the one there is
_COMMANDS: dict[Scope, str] = {"global": "commands", "guild": "guild_commands"}


class Store:
    """Used by one thread.  on_change is called after the commit, in the order of revisions.

    The bytes of files lie beside path, in a folder with the suffix .files.
    """

    def __init__(self, path: Path, pool: ContentPool, on_change: Callable[[Change], None]) -> None:
        """Raises UnusableFile; every method raises DiskUnavailable where the disk takes nothing."""
        self._files = MessageFiles(path.with_suffix(".files"), pool)
        self._on_change = on_change
        self._changes: list[Change] = []
        migrations = {0: self._files.migrate_from_table, 1: add_modals}
        self._database = Sqlite(path, Layout(b"mdsc", 2, SCHEMA, migrations))
        self._files.remove_orphans({row[0] for row in self._database.rows("SELECT id FROM files")})

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run all changes of the block, or none; call on_change after the commit."""
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self._files.roll_back()
            self._changes.clear()
            raise
        self._files.commit()
        changes, self._changes = self._changes, []
        for change in changes:
            self._on_change(change)

    def setting(self, name: str, make: Callable[[], str]) -> str:
        """The stored value of that name; at the first call make() creates it."""
        row = self._database.row("SELECT value FROM settings WHERE name = ?", name)
        if row is not None:
            return str(row[0])
        value = make()
        self._database.run("INSERT INTO settings VALUES (?, ?)", name, value)
        return value

    def newest_id(self) -> int:
        """The largest id of all."""
        row = self._database.row(
            "SELECT max(id) FROM (SELECT max(id) AS id FROM messages UNION ALL SELECT max(id) FROM interactions"
            " UNION ALL SELECT max(id) FROM files UNION ALL SELECT max(CAST(value AS INTEGER)) FROM settings"
            " UNION ALL SELECT max(CAST(definition ->> '$.version' AS INTEGER)) FROM"
            " (SELECT definition FROM commands UNION ALL SELECT definition FROM guild_commands))"
        )
        return int(row[0] or 0) if row else 0

    def commands(self, scope: Scope) -> list[dict[str, Any]]:
        rows = self._database.rows(f"SELECT definition FROM {_COMMANDS[scope]} ORDER BY name")  # noqa: S608
        return [json.loads(row[0]) for row in rows]

    def replace_commands(self, scope: Scope, commands: list[dict[str, Any]]) -> None:
        self._database.run(f"DELETE FROM {_COMMANDS[scope]}")  # noqa: S608
        for command in commands:
            # A name is unique within its type; a slash command's has no space.
            key = command["name"] if command["type"] == 1 else f"{command['type']} {command['name']}"
            row = (key, json.dumps(command))
            self._database.run(f"INSERT INTO {_COMMANDS[scope]} VALUES (?, ?)", *row)  # noqa: S608

    def add_interaction(self, interaction: Interaction) -> None:
        opener = int(interaction.opened_by) if interaction.opened_by else None
        row = (int(interaction.id), interaction.token, interaction.body, interaction.state, opener)
        self._database.run("INSERT INTO interactions (id, token, body, state, opened_by) VALUES (?, ?, ?, ?, ?)", *row)

    def settle_interaction(self, settled: Interaction) -> None:
        """Write all that an answer changes."""
        self._database.run(
            "UPDATE interactions SET state = ?, original_id = ?, acknowledged_status = ?, acknowledged_ms = ?,"
            " modal = ? WHERE id = ?",
            settled.state,
            int(settled.original_id) if settled.original_id else None,
            settled.acknowledged_status,
            settled.acknowledged_ms,
            settled.modal,
            int(settled.id),
        )

    def interaction(self, interaction_id: str) -> Interaction | None:
        return self._interaction("id = ?", int(interaction_id))

    def interaction_of(self, token: str) -> Interaction | None:
        return self._interaction("token = ?", token)

    def pending_interactions(self) -> list[Interaction]:
        rows = self._database.rows(f"SELECT {INTERACTION} FROM interactions WHERE state = 'pending' ORDER BY id")  # noqa: S608
        return [interaction_of(row) for row in rows]

    def put(self, message: Message, files: dict[str, bytes] | None = None) -> None:
        """Write the message and its new files (id → bytes); drop its files that are no attachments any more.

        Call it within a transaction, like delete().
        """
        self._write(message, deleted=False)
        for file_id, content in (files or {}).items():
            self._database.run("INSERT INTO files VALUES (?, ?)", int(file_id), int(message.id))
            self._files.add(int(file_id), content)
        self._drop_files(int(message.id), {int(attachment.id) for attachment in message.attachments})

    def delete(self, message: Message) -> None:
        self._write(message, deleted=True)
        self._drop_files(int(message.id))

    def message(self, message_id: str) -> Message | None:
        """The message, unless it was deleted."""
        row = self._database.row("SELECT message FROM messages WHERE id = ? AND NOT deleted", int(message_id))
        return message_of(row[0]) if row else None

    def messages_before(self, message_id: str | None, most: int) -> list[Message]:
        """The newest `most` messages, or those before that one; oldest first."""
        before = int(message_id) if message_id else (1 << 63) - 1
        rows = self._database.rows(
            "SELECT message FROM messages WHERE id < ? AND NOT deleted ORDER BY id DESC LIMIT ?", before, most
        )
        return [message_of(row[0]) for row in reversed(rows)]

    def messages_of(self, interaction_id: str) -> list[Message]:
        """The messages of an interaction, and the bot's messages that have its id as their nonce."""
        rows = self._database.rows(
            "SELECT message FROM messages WHERE (interaction_id = ? OR nonce = ?) AND NOT deleted ORDER BY id",
            int(interaction_id),
            interaction_id,
        )
        return [message_of(row[0]) for row in rows]

    def message_with_nonce(self, nonce: str, since: datetime) -> Message | None:
        rows = self._database.rows(
            "SELECT message FROM messages WHERE nonce = ? AND NOT deleted ORDER BY id DESC", nonce
        )
        messages = [message_of(row[0]) for row in rows]
        return next((message for message in messages if message.created_at >= since), None)

    def file(self, file_id: str) -> tuple[Attachment, Path] | None:
        """The file's attachment, and the path of its bytes."""
        row = self._database.row(
            "SELECT m.message FROM files f JOIN messages m ON m.id = f.message_id WHERE f.id = ?", int(file_id)
        )
        if row is None:
            return None
        attachments = {attachment.id: attachment for attachment in message_of(row[0]).attachments}
        return attachments[file_id], self._files.path(int(file_id))

    def revision(self) -> int:
        """The revision of the last change."""
        row = self._database.row("SELECT coalesce(max(revision), 0) FROM messages")
        return int(row[0]) if row else 0

    def changes_since(self, revision: int, most: int) -> list[Change]:
        """For each message that changed after that revision its last change; the first `most` of them."""
        rows = self._database.rows(
            "SELECT revision, made_at_revision, deleted, message FROM messages WHERE revision > ?"
            " ORDER BY revision LIMIT ?",
            revision,
            most,
        )
        return [
            Change(row[0], kind_of(is_new=row[1] > revision, deleted=bool(row[2])), message_of(row[3])) for row in rows
        ]

    def oldest_id(self) -> int | None:
        """The smallest id that forget() may delete."""
        row = self._database.row(f"SELECT min(id) FROM ({_OLD_MESSAGES} UNION ALL {_OLD_INTERACTIONS})")  # noqa: S608
        return row[0] if row else None

    def forget(self, before_id: int, most: int) -> int:
        """Delete up to `most` messages and as many interactions with smaller ids; no event.  Returns how many."""
        with self.transaction():
            old = f"{_OLD_MESSAGES} AND id < ? ORDER BY id LIMIT ?"
            messages = [row[0] for row in self._database.rows(old, before_id, most)]
            for message_id in messages:
                self._drop_files(message_id)
                self._database.run("DELETE FROM messages WHERE id = ?", message_id)
            old = f"{_OLD_INTERACTIONS} AND id < ? ORDER BY id LIMIT ?"
            interactions = self._database.run(f"DELETE FROM interactions WHERE id IN ({old})", before_id, most)  # noqa: S608
        return len(messages) + interactions.rowcount

    def release_free_pages(self, most: int) -> None:
        self._database.release_free_pages(most)

    def _write(self, message: Message, deleted: bool) -> None:
        revision = self.revision() + 1
        row = self._database.row(
            "INSERT INTO messages VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO UPDATE SET"
            " revision = ?2, deleted = ?3, nonce = ?5, message = ?6 RETURNING made_at_revision",
            int(message.id),
            revision,
            deleted,
            int(message.interaction_id) if message.interaction_id else None,
            message.nonce,
            text_of(message),
        )
        is_new = row is not None and row[0] == revision
        self._changes.append(Change(revision, kind_of(is_new, deleted), message))

    def _interaction(self, condition: str, value: object) -> Interaction | None:
        row = self._database.row(f"SELECT {INTERACTION} FROM interactions WHERE {condition}", value)  # noqa: S608
        return interaction_of(row) if row else None

    def _drop_files(self, message_id: int, but: Collection[int] = ()) -> None:
        for (file_id,) in self._database.rows("SELECT id FROM files WHERE message_id = ?", message_id):
            if file_id not in but:
                self._database.run("DELETE FROM files WHERE id = ?", file_id)
                self._files.drop(file_id)


# The last change is never deleted, because listeners resume from its revision.
_OLD_MESSAGES = "SELECT id FROM messages WHERE revision < (SELECT max(revision) FROM messages)"
_OLD_INTERACTIONS = "SELECT id FROM interactions WHERE state != 'pending'"
