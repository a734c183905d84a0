"""How zones are grouped and drawn: by what kind of line they are, so that a legend of six entries explains the map."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from zones import ZoneSet


@dataclass(frozen=True)
class Group:
    """One group of zones: name, stroke colour, dash pattern in pixels, opacity of its fill."""

    name: str
    colour: str
    dash: tuple[int, ...]
    fill: float


GROUPS = (
    Group("Territorial sea", "#1f5fa8", (), 0.06),
    Group("Claimed, constructed and military waters", "#7b4ea3", (9, 4), 0.018),
    Group("Control and boundary lines", "#b02a37", (10, 3, 2, 3), 0.015),
    Group("Fishing zones and grounds", "#2f7d4f", (3, 3), 0.03),
    Group("Transfer, discharge and dredging areas", "#8a4b00", (), 0.08),
    Group("Other zones", "#5d6975", (1, 3), 0.0),
)
_WORDS = (
    (("territorial",), 0),
    (("sts", "facility", "dredging", "delivery", "discharge", "anchorage"), 4),
    (("fishing", "closure"), 3),
    (("control", "boundary_line", "between_lines", "mdl"), 2),
    (("eez", "claim", "military", "constructed"), 1),
)


def group(kind: str) -> int:
    """Return the number of the group that a kind of zone belongs to; unknown kinds come last."""
    if kind.startswith("military"):
        return 1
    return next((number for words, number in _WORDS if any(word in kind for word in words)), len(GROUPS) - 1)


def telling(kind: str) -> int:
    """Return the rank of a kind of zone where several hold one place: the narrowest and most telling first."""
    return (1, 3, 4, 2, 0, 5)[group(kind)]


def groups_json() -> list[dict[str, object]]:
    """Return the groups as a page reads them."""
    return [asdict(item) for item in GROUPS]


def zone_groups_at(
    zones: ZoneSet, lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64], t_us: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return for each fix the most telling group of the zones that hold it, counted from 1; 0 where none does."""
    areas = sorted((zone for zone in zones.zones if zone.is_area), key=lambda zone: -telling(zone.kind))
    found = np.zeros(len(lon), dtype=np.int64)
    inside = zones.inside(lon, lat, t_us, [zone.id for zone in areas])
    for zone, held in zip(areas, inside, strict=True):  # the most telling last: it stays
        found[held] = group(zone.kind) + 1
    return found
