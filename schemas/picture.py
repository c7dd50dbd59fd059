"""The picture: the object that holds it, its title, description and colour.  Its JSON: schemas/picture.json."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NewType

ObjectName = NewType("ObjectName", str)  # in the bucket


@dataclass(frozen=True, slots=True)
class Picture:
    """colour is 0xRRGGBB; symmetry and palette are as drawn; None in older pictures, which may wait in a queue."""

    object: ObjectName
    title: str
    description: str
    colour: int
    symmetry: int | None = None
    palette: str | None = None

    @classmethod
    def from_checked(cls, checked: Mapping[str, Any]) -> "Picture":
        """From a value that fits the schema."""
        return cls(**checked)

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}
