"""How each kind of event is called, drawn and doubted: a colour that all readers tell apart, and a shape.

Colours are from Okabe and Ito (2008), "Color Universal Design", and two more, chosen so that any two of the known
kinds stay apart (CIELAB distance of 16 or more) for the three forms of colour blindness as Machado (2009) simulates
them; shapes tell them apart once more. Every kind says the most ordinary explanation beside
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
        "Two or more ships stayed close together at low speed. Consistent with a ship-to-ship transfer; just as well "
        "with bunkering, tug or "
        "pilot work, pair fishing, or lying at anchor side by side.",
        "Not observed: hoses, fenders, cranes or cargo. AIS carries none of these.",
    ),
    Kind(
        "brief_contact",
        "Brief contact",
        "brief contacts",
        "#56B4E9",
        "pentagon",
        "Two ships came hull to hull, or nearly, but not for the hours of a meeting. Consistent with a short transfer, "
        "one of several; just as well with a pilot, a crew change, supplies or a tow.",
        "Not observed: what went over, if anything did.",
    ),
    Kind(
        "loitering",
        "Loitering at sea",
        "ships loitering at sea",
        "#E69F00",
        "star",
        "A ship stayed slow or adrift for hours away from ports and anchorages. Consistent with one side of a meeting "
        "whose other side sends nothing; just as well with waiting for orders, a berth, the tide or better weather, "
        "with repairs, or with fishing.",
        "Not observed: any other ship alongside, and why it waited. Its draught is what someone typed.",
    ),
    Kind(
        "same_hull",
        "One hull, two numbers",
        "pairs of numbers on one hull",
        "#000000",
        "cross",
        "Two ship numbers were heard from one place all along, under way too. Consistent with one hull with two "
        "transponders, ordinary on fishing and work boats; just as well with a tow alongside all the way.",
        "Not observed: how many hulls there are, and which number is hers.",
    ),
    Kind(
        "pair_trawling",
        "Pair trawling",
        "pairs trawling",
        "#6B2E12",
        "hexagon",
        "Two ships moved side by side at trawling speed. Consistent with fishing with one net between them; just as "
        "well with steaming slowly in company.",
        "Not observed: nets, catch or licence.",
    ),
    Kind(
        "attended",
        "Attended by a service craft",
        "ships attended by service craft",
        "#CC79A7",
        "wedge",
        "One of two ships close together is a tug, pilot, bunkering or supply craft, by what it says or by going from "
        "ship to ship. Consistent with its ordinary work; it can move fuel or cargo all the same.",
        "Not observed: the service itself. A ship's type is what its crew typed.",
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
    Kind(
        "outage",
        "Outage of a source",
        "outages of sources",
        "#4A4A4A",
        "bar",
        "Nothing came from a receiver or feed that had heard several ships just before. Consistent with a receiver, "
        "its power or its line that failed; ships that all switch off at once look the same to it.",
        "Not observed: why nothing came, and what the ships that it hears did meanwhile.",
    ),
)
_SPARE = (("#F0E442", "kite"), ("#FFB6A0", "bowtie"), ("#DDDDDD", "pillar"))


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
