"""The tables of docs/zones.md, derived from the shipped zones; ``python -m zones.making.doc docs/zones.md`` fills them.

Each table stands between ``<!-- NAME -->`` and ``<!-- /NAME -->``; the text around them is written by hand.
"""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from zones.load import SHIPPED, load_zones
from zones.model import Zone
from zones.show import area_text
from zones.zoneset import ZoneSet

EXPECTED_KM2 = (
    ("prk_territorial_sea_12nm", 28_388),
    ("prk_west_sea_area", 22_283),
    ("prk_eez_east_claim", 121_051),
    ("prk_military_zone_east", 60_436),
    ("chn_kor_pmz", 83_475),
)
"""What an independent construction on the same coast gave, km2."""


def tables(zones: ZoneSet) -> dict[str, str]:
    """Return the text of each table by its name."""
    return {
        "zones": _zone_table(zones),
        "areas": _area_table(zones),
        "edges": _edge_table(zones),
        "lines": _line_table(zones),
        "left-out": _left_out(),
    }


def fill(text: str, zones: ZoneSet) -> str:
    """Return a document with the content between each pair of table marks replaced.

    Raises:
        ValueError: the document lacks the marks of a table.
    """
    for name, table in tables(zones).items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        found = marks.search(text)
        if not found:
            raise ValueError(
                f"the document has no marks <!-- {name} --> and <!-- /{name} -->; add them where the table belongs"
            )
        text = f"{text[: found.end(1)]}{table}\n{text[found.start(2) :]}"
    return text


def _zone_table(zones: ZoneSet) -> str:
    rows = [
        (f"`{zone.id}`", zone.name, zone.kind, zone.alert_for, area_text(zone), _uncertainty(zone), zone.whose)
        for zone in zones.zones
    ]
    return _table(("id", "name", "kind", "alerts for", "area, km²", "edge, ± m", "whose line"), rows)


def _area_table(zones: ZoneSet) -> str:
    rows = []
    for name, expected in EXPECTED_KM2:
        area = zones[name].area_km2 or 0.0
        rows.append((f"`{name}`", f"{area:,.0f}", f"{expected:,}", f"{100 * (area / expected - 1):+.2f} %"))
    return _table(("zone", "built, km²", "independent, km²", "difference"), rows)


def _edge_table(zones: ZoneSet) -> str:
    edges = {edge.name: edge for zone in zones.zones for edge in zone.edges}
    rows = [(edge.name, f"{edge.uncertainty_m:,.0f}", edge.owners, edge.reason) for edge in edges.values()]
    return _table(("edge", "± m", "between", "why"), rows)


def _line_table(zones: ZoneSet) -> str:
    rows = []
    for zone in zones.zones:
        since = "" if zone.valid_from is None else zone.valid_from.date().isoformat()
        rows.append(
            (
                f"`{zone.id}`",
                since,
                zone.legal_status,
                "; ".join(zone.disagrees_with) or "none known",
                "; ".join(zone.source),
            )
        )
    return _table(("id", "since", "legal status", "which line disagrees", "source"), rows)


def _left_out() -> str:
    source = json.loads((SHIPPED.parents[1] / "making" / "sources" / "zones.json").read_text(encoding="utf-8"))
    return _table(("not shipped", "why"), [(f"`{each['id']}`", each["why"]) for each in source["left_out"]])


def _uncertainty(zone: Zone) -> str:
    return "unknown" if zone.edge_uncertainty_m is None else f"{zone.edge_uncertainty_m:,.0f}"


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)


def main() -> int:
    """Rewrite the tables of the document named on the command line."""
    path = Path(sys.argv[1])
    path.write_text(fill(path.read_text(encoding="utf-8"), load_zones()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
