"""Reads the fields of a message from JSON, as strictly as Google's front end, with all mistakes in one answer.

Names may be in camelCase or as in the proto.  null means that the field is absent.  A single value is read as a list of
one.  Of two values for one field the last one counts.
Source: protobuf's ProtoStreamObjectWriter, and error texts recorded from Google: the path in a text is
in the proto's names, a map's member is 'labels[0].value', and the unknown name is quoted as it was sent.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from local.googleapi.scalars import TEXT_MESSAGES, WrongValue, from_fields, read_scalar, read_text_message, shown
from local.http.api_error import ApiError


class Reader:
    """Reads the messages of one request and collects mistakes; check() raises them at the end."""

    def __init__(self) -> None:
        self._found: list[tuple[str, str]] = []

    def check(self) -> None:
        """Raises ApiError(400) with every mistake so far."""
        if self._found:
            raise ApiError.about_fields(self._found)

    def message(self, kind: Descriptor, given: Mapping[str, Any], at: str) -> dict[str, Any]:
        """The fields by their JSON names; at is the path of this message, "" for the request itself."""
        read: dict[str, Any] = {}
        chosen: set[str] = set()
        for name, value in given.items():
            field = field_of(kind, name)
            if field is None:
                self.unknown(name, at, "Cannot find field.")
            elif value is not None and self._is_free(field, name, chosen, at):
                self._field(field, name, value, at, read)
        return read

    def unknown(self, name: str, at: str, why: str) -> None:
        where = f" at '{at}'" if at else ""
        self._found.append((at, f'Invalid JSON payload received. Unknown name "{name}"{where}: {why}'))

    def wrong(self, at: str, kind: str, said: str) -> None:
        where = f" at '{at}'" if at else ""
        self._found.append((at, f"Invalid value{where} ({kind}), {said}"))

    def value(self, field: FieldDescriptor, name: str, value: Any, at: str) -> Any:
        """One value of a field; None where it is wrong.  name: as the client wrote it; at: its path."""
        kind = field.message_type
        try:
            if kind is None:
                return read_scalar(field, value)
            if kind.full_name in TEXT_MESSAGES and not isinstance(value, dict):
                return read_text_message(kind.full_name, name, value)
        except WrongValue as wrong:
            self.wrong(at, wrong.kind, wrong.said)
            return None
        if isinstance(value, dict):
            read = self.message(kind, value, at)
            if kind.full_name not in TEXT_MESSAGES:
                return read
            try:
                return from_fields(kind.full_name, read)
            except WrongValue as wrong:
                self.wrong(at, wrong.kind, wrong.said)
                return None
        self.wrong(at, f"type.googleapis.com/{kind.full_name}", shown(value))
        return None

    def _is_free(self, field: FieldDescriptor, name: str, chosen: set[str], at: str) -> bool:
        """Whether the oneof of this field, if it is in one, has no other value yet."""
        group = field.containing_oneof
        if group is None:
            return True
        if group.name in chosen:
            self.wrong(at, "oneof", f"oneof field '{group.name}' is already set. Cannot set '{name}'")
            return False
        chosen.add(group.name)
        return True

    def _field(self, field: FieldDescriptor, name: str, value: Any, at: str, read: dict[str, Any]) -> None:
        path = f"{at}.{_proto_name(field)}" if at else _proto_name(field)
        kind = field.message_type
        if kind is not None and kind.GetOptions().map_entry:
            read[field.json_name] = self._map(kind, name, value, path)
        elif field.is_repeated:
            each = [one for one in (value if isinstance(value, list) else [value]) if one is not None]
            read[field.json_name] = [self.value(field, name, one, f"{path}[{i}]") for i, one in enumerate(each)]
        elif isinstance(value, list):
            self.unknown(name, at, "Proto field is not repeating, cannot start list.")
        elif isinstance(value, dict) and kind is None:
            self.wrong(at, _proto_name(field), "Starting an object on a scalar field")
        else:
            read[field.json_name] = self.value(field, name, value, path)

    def _map(self, entry: Descriptor, name: str, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            what = "list" if isinstance(value, list) else "scalar"
            self.wrong(path, "Map", f"Cannot bind a {what} to map for field '{name}'.")
            return {}
        of, read = entry.fields_by_name["value"], {}
        for number, (key, one) in enumerate(value.items()):
            place = f"{path}[{number}]"
            if isinstance(one, dict) and of.message_type is None:
                self.wrong(place, "value", "Starting an object on a scalar field")
            elif isinstance(one, list):
                self.unknown(key, place, "Proto field is not repeating, cannot start list.")
            elif one is not None:
                read[key] = self.value(of, key, one, f"{place}.value")
        return read


def field_of(kind: Descriptor, name: str) -> FieldDescriptor | None:
    """The field of that name, camelCase or as in the proto; no other spelling is known."""
    return next((one for one in kind.fields if name in (one.json_name, _proto_name(one))), None)


def _proto_name(field: FieldDescriptor) -> str:
    """The client libraries call a field `type` `type_`."""
    return field.name.rstrip("_")


def read_mask(kind: Descriptor, paths: Sequence[str]) -> list[str] | None:
    """The paths of an update mask by their JSON names; None stands for all fields.  Raises ApiError(400).

    Source: AIP-134 and AIP-161: an empty mask and * name all, a path that the message does not have is refused.
    """
    if not paths or "*" in paths:
        return None
    return [_mask_path(kind, path) for path in paths]


def _mask_path(kind: Descriptor, path: str) -> str:
    names: list[str] = []
    message: Descriptor | None = kind
    for name in re.findall(r"`[^`]*`|[^.]+", path):
        if message is not None and message.GetOptions().map_entry:
            return ".".join([*names, name])
        field = field_of(message, name) if message is not None else None
        if field is None:
            said = f"Invalid field path '{path}' in update_mask: {kind.name} has no such field."
            raise ApiError.about_fields([("update_mask", said)])
        names.append(field.json_name)
        message = field.message_type
    return ".".join(names)
