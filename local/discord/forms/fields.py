"""Reads the fields of a JSON form and collects errors, with Discord's codes and texts.

Source of the codes and texts: answers of Discord's API, as its users quote them.
"""

import math
import re
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlsplit

from local.discord.errors import FormErrors, Path

_HALF_PAIR = re.compile("[\ud800-\udfff]")  # of surrogates: JSON can hold it, UTF-8 cannot
_SCHEMES = ("http", "https", "attachment")


class Fields:
    """One object of a form.  Every method returns None for a field that is missing, null or wrong."""

    def __init__(self, value: object, errors: FormErrors, path: Path = ()) -> None:
        self.path = path
        self._errors = errors
        self._values: Mapping[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.refuse((), "MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType")

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def raw(self, name: str) -> object:
        """The value as it was sent, unchecked."""
        return self._values.get(name)

    def names(self) -> list[str]:
        return list(self._values)

    def refuse(self, path: Path, code: str, message: str) -> None:
        self._errors.add(self.path + path, code, message)

    def cannot_show(self, path: Path, sentence: str) -> None:
        """Discord accepts the field, and this stand-in cannot show it."""
        self._errors.add_not_imitated(self.path + path, sentence)

    def text(self, name: str, most: int, least: int = 0, required: bool = False) -> str | None:
        value = self._string(name, required)
        return None if value is None else self._of_length(name, value, most, least)

    def trimmed(self, name: str, most: int, least: int = 0, required: bool = False) -> str | None:
        """A text, stripped of white space at its ends."""
        value = self._string(name, required)
        return None if value is None else self._of_length(name, value.strip(), most, least)

    def _string(self, name: str, required: bool) -> str | None:
        value = self._value(name, required)
        if value is None:
            return None
        if not isinstance(value, str) or _HALF_PAIR.search(value):
            self.refuse((name,), "STRING_TYPE_CONVERT", "Could not interpret value as a string.")
            return None
        return value

    def _of_length(self, name: str, value: str, most: int, least: int) -> str | None:
        if least <= len(value) <= most:
            return value
        if least:
            self.refuse((name,), "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        else:
            self.refuse((name,), "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return None

    def text_or_number(self, name: str, most: int, required: bool = False) -> str | None:
        """A text, or a whole number as text, as Discord accepts ids."""
        value = self._value(name, required=False)
        if isinstance(value, int) and not isinstance(value, bool):
            return self._of_length(name, str(value), most, least=0)
        return self.text(name, most, required=required)

    def matching(self, name: str, pattern: str, required: bool = False) -> str | None:
        value = self.text(name, 100, required=required)
        if value is None or re.fullmatch(pattern, value):
            return value
        self.refuse((name,), "STRING_TYPE_REGEX", "String value did not match validation regex.")
        return None

    def whole(self, name: str, least: int, most: int, required: bool = False) -> int | None:
        value = self._value(name, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse((name,), "NUMBER_TYPE_COERCE", f'Value "{str(value)[:100]}" is not int.')
            return None
        if value < least:
            self.refuse((name,), "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {least}.")
            return None
        if value > most:
            self.refuse((name,), "NUMBER_TYPE_MAX", f"int value should be less than or equal to {most}.")
            return None
        return value

    def number(self, name: str, required: bool = False) -> float | None:
        value = self._value(name, required)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)):
            return value
        self.refuse((name,), "NUMBER_TYPE_COERCE", f'Value "{str(value)[:100]}" is not float.')
        return None

    def boolean(self, name: str, default: bool = False) -> bool:
        value = self._value(name, required=False)
        if value is not None and not isinstance(value, bool):
            self.refuse((name,), "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
        return default if value is None else value is True

    def url(self, name: str, most: int = 2048, schemes: Collection[str] = _SCHEMES) -> str | None:
        """An http(s) URL, or attachment://FILENAME."""
        value = self.text(name, most)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme and parts.scheme not in schemes:
            allowed = ", ".join(f"'{scheme}'" for scheme in schemes)
            self.refuse(
                (name,),
                "URL_TYPE_INVALID_SCHEME",
                f'Scheme "{parts.scheme[:40]}" is not supported. Scheme must be one of ({allowed}).',
            )
            return None
        if not parts.scheme or not parts.netloc:
            self.refuse((name,), "URL_TYPE_INVALID_URL", "Not a well formed URL.")
            return None
        return value

    def values(self, name: str, choices: Collection[Any]) -> tuple[Any, ...] | None:
        """A list of values out of choices."""
        listed = self._list(name, len(choices))
        if listed is None:
            return None
        for index, value in enumerate(listed):
            if isinstance(value, bool) or not isinstance(value, str | int) or value not in choices:
                shown = ", ".join(repr(choice) for choice in choices)
                self.refuse((name, index), "BASE_TYPE_CHOICES", f"Value must be one of {{{shown}}}.")
        return tuple(listed)

    def all_matching(self, name: str, pattern: str, most: int) -> tuple[str, ...] | None:
        """A list of texts that match the pattern; whole numbers count as texts."""
        listed = self._list(name, most)
        if listed is None:
            return None
        for index, value in enumerate(listed):
            if not re.fullmatch(pattern, str(value)):
                self.refuse((name, index), "NUMBER_TYPE_COERCE", f'Value "{str(value)[:100]}" is not snowflake.')
        return tuple(str(value) for value in listed)

    def object(self, name: str) -> "Fields | None":
        value = self._value(name, required=False)
        return None if value is None else Fields(value, self._errors, (*self.path, name))

    def objects(self, name: str, most: int) -> "list[Fields] | None":
        listed = self._list(name, most)
        if listed is None:
            return None
        return [Fields(value, self._errors, (*self.path, name, index)) for index, value in enumerate(listed)]

    def some_objects(self, name: str, told_most: int, most: int | None = None) -> "list[Fields]":
        """The same, at least one; most: the bound of the list, where it is not the one that Discord tells."""
        listed = self.objects(name, told_most if most is None else most)
        if listed == []:
            self.refuse((name,), "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {told_most} in length.")
        elif self._values.get(name) is None:
            self.refuse((name,), "BASE_TYPE_REQUIRED", "This field is required")
        return listed or []

    def _list(self, name: str, most: int) -> list[Any] | None:
        value = self._value(name, required=False)
        if value is None:
            return None
        if not isinstance(value, list):
            self.refuse((name,), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
            return None
        if len(value) > most:
            self.refuse((name,), "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
            return None
        return value

    def _value(self, name: str, required: bool) -> Any:
        value = self._values.get(name)
        if value is None and required:
            self.refuse((name,), "BASE_TYPE_REQUIRED", "This field is required")
        return value
