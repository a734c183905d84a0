"""How each kind of event is called, drawn and doubted: a colour that all readers tell apart, and a shape.

Colours are from Okabe and Ito (2008), "Color Universal Design". Every kind says the most ordinary explanation beside
the suspicious one, and what AIS cannot have observed. A kind that a new detector brings gets the next free colour and
shape and neutral words.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of event as a reader meets it."""

    kind: str
    label: str
    plural: str
    colour: str
    shape: str
    means: str
    unseen: str


_KNOWN = (
    Kind(
        "rendezvous",
        "Meeting at sea",
        "meetings at sea",
        "#0072B2",
        "circle",
        "Two ships stayed close together at low speed. Consistent with a ship-to-ship transfer; just as well "
        "with bunkering, tug or "
        "pilot work, pair fishing, or lying at anchor side by side.",
        "Not observed: hoses, fenders, cranes or cargo. AIS carries none of these.",
    ),
    Kind(
        "gap",
        "AIS silence",
        "AIS silences",
        "#D55E00",
        "diamond",
        "A ship that had been heard fell silent. Consistent with a transponder switched off; just as well with "
        "poor reception, a receiver "
        "that was down, a power failure or a shadowed antenna.",
        "Not observed: where the ship was meanwhile, what it did, and whether its transponder was off.",
    ),
    Kind(
        "incursion",
        "Fishing vessel in a zone",
        "fishing vessel stays in zones",
        "#9C3F7D",
        "triangle",
        "A vessel that fishes, by its own report or a public list, was inside a zone with a fishing rule. "
        "Consistent with fishing "
        "there; just as well with passage, shelter or licensed work.",
        "Not observed: nets, catch, licence or purpose.",
    ),
    Kind(
        "zone_presence",
        "Presence in a zone",
        "presences in zones",
        "#009E73",
        "square",
        "A ship was inside a zone. That is a fact and not an offence: innocent passage, shelter and licensed "
        "calls look the same.",
        "Not observed: purpose, permission or activity.",
    ),
)
_SPARE = (("#56B4E9", "pentagon"), ("#E69F00", "star"), ("#000000", "cross"), ("#8A6D00", "hexagon"))


def describe(kinds: Iterable[str]) -> list[dict[str, str]]:
    """Return the kinds as a page needs them: known ones in their own order, then others by name."""
    present = set(kinds)
    known = [kind for kind in _KNOWN if kind.kind in present]
    others = sorted(present - {kind.kind for kind in _KNOWN})
    return [asdict(kind) for kind in known] + [asdict(_new(name, i)) for i, name in enumerate(others)]


def _new(name: str, number: int) -> Kind:
    words = name.replace("_", " ")
    colour, shape = _SPARE[number % len(_SPARE)]
    return Kind(
        name,
        words.capitalize(),
        f"events of kind {words}",
        colour,
        shape,
        "",
        "Not observed: anything that AIS does not carry.",
    )
