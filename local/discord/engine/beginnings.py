"""Begins interactions: a member uses a command, presses a component, writes an option, or submits a modal.

Every method is one transaction, on the store's thread of LocalDiscord.
"""

import json
from typing import Any

from local.discord.data.interaction import Interaction, make_token
from local.discord.data.message_json import message_json
from local.discord.data.store import Store
from local.discord.engine.commands import Commands
from local.discord.errors import FormErrors, unknown_interaction, unknown_message
from local.discord.forms.answer import AUTOCOMPLETE, COMMAND, COMPONENT
from local.discord.forms.command_form import OF_MESSAGE, OF_USER
from local.discord.forms.command_use import command_data, component_data
from local.discord.forms.fields import Fields
from local.discord.forms.modal import Modal, submitted
from local.discord.forms.use import Use
from local.discord.identities import Identities
from local.discord.snowflake import PATTERN, Snowflakes

_Fields = dict[str, Any]


class Beginnings:
    """The rules over the store.  A refused call raises DiscordError."""

    def __init__(self, store: Store, commands: Commands, identities: Identities, ids: Snowflakes) -> None:
        self._store = store
        self._commands = commands
        self._identities = identities
        self._ids = ids

    def begin(self, use: Use, random: str, base_url: str) -> Interaction:
        """Create the interaction; random is a part of its token; URLs of files begin with base_url."""
        with self._store.transaction():
            opener = None
            if use.kind in (COMMAND, AUTOCOMPLETE):
                more = self._of_command(use, base_url)
            elif use.kind == COMPONENT:
                more = self._of_component(use, base_url)
            else:
                opener, more = self._of_modal(use)
            interaction_id = self._ids.next()
            token = make_token(interaction_id, random)
            sent = self._identities.interaction(interaction_id, token, use.kind, use.user_id, use.locale) | more
            body = json.dumps(sent, ensure_ascii=False).encode()
            interaction = Interaction(interaction_id, token, body, opened_by=opener)
            self._store.add_interaction(interaction)
        return interaction

    def _of_command(self, use: Use, base_url: str) -> _Fields:
        data = command_data(use.data, self._commands.offered(), is_complete=use.kind == COMMAND)
        target = str(data.get("target_id"))
        if data["type"] == OF_USER:
            data["resolved"] = self._identities.resolved_user(target)
        elif data["type"] == OF_MESSAGE:
            data["resolved"] = {"messages": {target: self._message(target, base_url)}}
        return {"data": data}

    def _of_component(self, use: Use, base_url: str) -> _Fields:
        message = self._message(use.message_id or "0", base_url)
        return {"data": component_data(use.data, message["components"]), "message": message}

    def _of_modal(self, use: Use) -> tuple[str, _Fields]:
        """data is {id: of the interaction that the modal answered, custom_id, components: custom_id → value}."""
        errors = FormErrors()
        fields = Fields(use.data, errors)
        opener_id, values = fields.matching("id", PATTERN, required=True), fields.raw("components")
        errors.check()
        opener = self._store.interaction(opener_id or "0")
        if opener is None or opener.modal is None:
            raise unknown_interaction()
        modal = Modal(**json.loads(opener.modal))
        data = {"custom_id": modal.custom_id, "components": submitted(modal, values)}
        first = opener.request()
        return opener.id, {"data": data} | ({"message": first["message"]} if "message" in first else {})

    def _message(self, message_id: str, base_url: str) -> _Fields:
        message = self._store.message(message_id)
        if message is None:
            raise unknown_message()
        return message_json(message, self._identities, base_url)
