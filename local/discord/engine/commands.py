"""The commands of the application, global or of the guild.  Every method is one transaction.

Source: Discord, "Registering a Command", "Application Commands: Endpoints".
"""

from local.discord.data.store import Scope, Store
from local.discord.errors import DiscordError, FormErrors, unknown
from local.discord.forms.command_form import OF_MESSAGE, OF_USER, SLASH, Command, parse_command, parse_commands
from local.discord.identities import Identities
from local.discord.snowflake import Snowflakes

# By type.  Source: Discord, "Registering a Command".
_MOST_COMMANDS = {SLASH: 100, OF_USER: 15, OF_MESSAGE: 15}


class Commands:
    """The rules over the store.  A refused call raises DiscordError; 400/50035 names every wrong field."""

    def __init__(self, store: Store, identities: Identities, ids: Snowflakes) -> None:
        self._store = store
        self._identities = identities
        self._ids = ids

    def offered(self) -> list[Command]:
        """The commands that the member can use; a guild command precedes a global one of the same name."""
        return [*self._store.commands("guild"), *self._store.commands("global")]

    def listed(self, scope: Scope) -> list[Command]:
        return self._store.commands(scope)

    def get(self, scope: Scope, command_id: str) -> Command:
        return _with_id(self._store.commands(scope), command_id)

    def overwrite(self, scope: Scope, value: object) -> list[Command]:
        """Replace all commands by value, a list.  A command with a known id or name keeps its id."""
        with self._store.transaction():
            present = self._store.commands(scope)
            known_ids = {command["id"] for command in present}
            ids = {_key(command): command["id"] for command in present}
            forms = parse_commands(value)
            _check_number(forms)
            made = []
            for form in forms:
                named = form.pop("id", None)
                made.append(self._made(form, named if named in known_ids else ids.get(_key(form)), scope))
            self._store.replace_commands(scope, made)
        return made

    def create(self, scope: Scope, value: object) -> tuple[Command, bool]:
        """Create the command, or replace the one of that name; returns it and whether it is new."""
        with self._store.transaction():
            present = self._store.commands(scope)
            form = parse_command(value)
            form.pop("id", None)
            earlier = next((command for command in present if _key(command) == _key(form)), None)
            made = self._made(form, earlier["id"] if earlier else None, scope)
            others = [command for command in present if command is not earlier]
            _check_number([*others, made])
            self._store.replace_commands(scope, [*others, made])
        return made, earlier is None

    def edit(self, scope: Scope, command_id: str, value: object) -> Command:
        """Fields that value names are overwritten as a whole, others stay; the type of a command never changes."""
        with self._store.transaction():
            present = self._store.commands(scope)
            earlier = _with_id(present, command_id)
            if isinstance(value, dict):
                value = {**earlier, **{name: field for name, field in value.items() if name != "type"}}
            form = parse_command(value) | {"id": command_id}
            others = [command for command in present if command is not earlier]
            if any(_key(command) == _key(form) for command in others):
                errors = FormErrors()
                errors.add((), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
                errors.check()
            made = self._made(form, command_id, scope)
            self._store.replace_commands(scope, [*others, made])
        return made

    def delete(self, scope: Scope, command_id: str) -> None:
        with self._store.transaction():
            present = self._store.commands(scope)
            gone = _with_id(present, command_id)
            self._store.replace_commands(scope, [command for command in present if command is not gone])

    def _made(self, form: Command, command_id: str | None, scope: Scope) -> Command:
        ids = {"id": command_id or self._ids.next(), "application_id": self._identities.application_id}
        if scope == "guild":
            ids["guild_id"] = self._identities.guild_id
        return form | ids | {"version": self._ids.next()}


def without_localizations(command: Command) -> Command:
    """As Discord lists commands unless it is asked for more."""
    return {name: value for name, value in command.items() if not name.endswith("_localizations")}


def _with_id(commands: list[Command], command_id: str) -> Command:
    found = next((command for command in commands if command["id"] == command_id), None)
    if found is None:
        raise unknown("application command", 10063)
    return found


def _key(command: Command) -> tuple[int, str]:
    """A name is unique among the commands of its type."""
    return command["type"], command["name"]


def _check_number(commands: list[Command]) -> None:
    """Source: Discord, "Opcodes and Status Codes"."""
    for kind, most in _MOST_COMMANDS.items():
        if sum(command["type"] == kind for command in commands) > most:
            raise DiscordError(400, 30032, f"Maximum number of application commands reached ({most})")
