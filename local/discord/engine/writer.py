"""Creates messages, applies forms to them, and stores them with their files.  Called by channel.py and replies.py."""

from collections.abc import Mapping

from local.discord.data.message import Attachment, Author, Message, apply_form, new_message
from local.discord.data.store import Store
from local.discord.forms.form import Form
from local.discord.forms.uploads import Upload
from local.discord.identities import Identities
from local.discord.snowflake import Clock, Snowflakes

Uploads = Mapping[str, Upload]


class Writer:
    """Within the caller's transaction."""

    def __init__(self, store: Store, identities: Identities, ids: Snowflakes, clock: Clock) -> None:
        self._store = store
        self._ids = ids
        self._clock = clock
        self._members = frozenset({identities.member_id, identities.application_id})

    def new(self, author: Author, flags: int = 0) -> Message:
        return new_message(self._ids.next(), author, self._clock(), flags)

    def write(self, message: Message, form: Form, uploads: Uploads) -> Message:
        """The message after form was applied to it.  Raises DiscordError (see message.apply_form)."""
        new = {number: self._attachment(upload) for number, upload in uploads.items()}
        changed = apply_form(message, form, new, self._clock(), self._members)
        self._store.put(changed, {new[number].id: upload.content for number, upload in uploads.items()})
        return changed

    def _attachment(self, upload: Upload) -> Attachment:
        return Attachment(
            id=self._ids.next(),
            filename=upload.filename,
            content_type=upload.content_type,
            size=len(upload.content),
            description=None,
            width=upload.width,
            height=upload.height,
        )
