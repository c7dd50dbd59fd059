"""The parts of a mandala as plain values.  Length 1 is half the picture's width; a hue is 0 to 3, of the palette.

families.py chooses the design of a seed; compose.py draws it.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

SYMMETRIES = (5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24)

Family = Literal["rosette", "lotus", "star", "lace", "sun", "glass", "yantra", "floral", "night", "dahlia", "henna"]
GroundKind = Literal["dots", "rays", "rings", "stars", "burst", "scales", "petals", "glow"]
BandKind = Literal["beads", "zigzag", "arcs", "diamonds", "scales", "leaves", "links"]
Ornament = Literal["plain", "eye", "leaf", "pearls", "bud"]


class DesignError(ValueError):
    """Raised when an option has a value that is not allowed; names the option, the value and the allowed values."""


@dataclass(frozen=True, slots=True)
class Petals:
    """A ring of layered motifs.  overlap: how far their roots reach inwards, in heights of the ring.

    is_open: line work, not filled tones; has_inlay: a fine line inside the edge; is_blended: from one hue to the next;
    vein: the shape of an eye.  Here and below: is_inverted: light at the edge and dark at the heart, not the other way
    round; key: how light the ring is as a whole, from 0 to 1.
    """

    inner: float
    outer: float
    count: int
    is_shifted: bool
    motif: str
    back: str
    width: float
    hue: int
    tones: int
    ornament: Ornament
    vein: str
    is_open: bool
    has_inlay: bool
    is_blended: bool
    has_edge_dots: bool
    has_disc: bool
    overlap: float
    is_inverted: bool
    key: float


@dataclass(frozen=True, slots=True)
class Band:
    """A narrow ring between two circles."""

    inner: float
    outer: float
    count: int
    kind: BandKind
    hue: int
    is_inverted: bool
    key: float


@dataclass(frozen=True, slots=True)
class Lattice:
    """Interlaced star polygons: `count` points, each joined to the one `skip` further on."""

    inner: float
    outer: float
    count: int
    skips: tuple[int, ...]
    is_shifted: bool
    hue: int
    is_inverted: bool
    key: float


@dataclass(frozen=True, slots=True)
class Cells:
    """A rose window: arches of coloured glass, roundels between their heads; split: where the low roundels end."""

    inner: float
    outer: float
    count: int
    is_shifted: bool
    split: float
    motif: str
    hue: int
    is_inverted: bool
    key: float


@dataclass(frozen=True, slots=True)
class Facets:
    """A star of kites, each in nested tones."""

    inner: float
    outer: float
    count: int
    is_shifted: bool
    waist: float
    hue: int
    tones: int
    is_inverted: bool
    key: float


@dataclass(frozen=True, slots=True)
class Flowers:
    """Whole flowers, side by side, each with `petals` petals."""

    inner: float
    outer: float
    count: int
    is_shifted: bool
    petals: int
    motif: str
    hue: int
    is_inverted: bool


@dataclass(frozen=True, slots=True)
class Moons:
    """Crescents, and a star between two.  phase: how much of each moon is lit; is_inverted: on a light sky."""

    inner: float
    outer: float
    count: int
    is_shifted: bool
    opens_outwards: bool
    phase: float
    hue: int
    is_inverted: bool


@dataclass(frozen=True, slots=True)
class Corners:
    """The quarter of a flower in each corner of the picture; reach is its radius."""

    reach: float
    count: int
    is_shifted: bool
    motif: str
    heart: float
    hue: int
    is_inverted: bool


@dataclass(frozen=True, slots=True)
class Ground:
    """What lies below and around the mandala, tone on tone, to the edges of the picture."""

    kind: GroundKind
    count: int
    is_shifted: bool
    motif: str
    hue: int


@dataclass(frozen=True, slots=True)
class Field:
    """The disc that a mandala lies on; count: its scallops, 0 where its edge is plain; is_deep: in a strong colour."""

    radius: float
    count: int
    hue: int
    is_deep: bool


Ring: TypeAlias = Petals | Band | Lattice | Cells | Facets | Flowers | Moons


@dataclass(frozen=True, slots=True)
class Design:
    """One mandala.  rings stand from the outside in; hue_shift in degrees."""

    seed: str
    family: Family
    symmetry: int
    palette: str
    hue_shift: float
    ground: Ground
    field: Field | None
    corners: Corners | None
    rings: tuple[Ring, ...]
    heart: Petals

    @property
    def hero(self) -> Ring:
        """The widest ring within the sides of the picture, which one sees first."""
        return max(self.rings, key=lambda ring: min(1.0, ring.outer) - ring.inner)
