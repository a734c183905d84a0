"""Build the shipped zones and land from the coast file: ``python -m zones.build --coast FILE [--out FOLDER]``.

Writes ``zones.geojson`` and ``land.json.gz``. Same coast file, same sources, same libraries: the same bytes.
The recipe, what each step guards against and the areas that must come out stand in docs/zones.md. Needs shapely
and pyproj; takes a few seconds.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COAST_FILE = HERE / "making" / "sources" / "countries-10m.json.gz"


def build(coast_file: Path, out: Path, *, any_file: bool = False) -> list[tuple[str, float]]:
    """Build into the folder ``out`` and return each area zone's id with its area in km2.

    Args:
        coast_file: world-atlas 2.0.2 ``countries-10m.json``, plain or gzip.
        out: folder for the two files; made when missing.
        any_file: take a coast file with another sha256.

    Raises:
        zones.making.coast.BadCoast: the coast file cannot be used.
    """
    from zones.making.coast import COAST_SHA256, read_coast
    from zones.making.landfile import write_land
    from zones.making.waters import part_waters

    source = json.loads((HERE / "making" / "sources" / "zones.json").read_text(encoding="utf-8"))
    rules = {zone["id"]: zone["shape"] for zone in source["zones"]}
    coast = read_coast(coast_file, any_file=any_file)
    nll = rules["nll_west"]["coordinates"]
    features = _features(source["zones"], rules, coast, part_waters(coast, nll), nll)
    out.mkdir(parents=True, exist_ok=True)
    document = {"type": "FeatureCollection", "version": source["version"], "coast_sha256": COAST_SHA256}
    if any_file:
        del document["coast_sha256"]
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    head = json.dumps(document, separators=(",", ":"))[:-1]
    (out / "zones.geojson").write_text(f'{head},"features":[\n{lines}\n]}}\n', encoding="utf-8")
    write_land(out / "land.json.gz", coast)
    return [
        (each["id"], each["properties"]["area_km2"]) for each in features if each["properties"]["area_km2"] is not None
    ]


def _features(
    zones: list[dict[str, Any]], rules: dict[str, Any], coast: Any, waters: Any, nll: list[list[float]]
) -> list[dict[str, Any]]:
    import shapely

    from zones.making.edges import edges_of, named_lines
    from zones.making.plane import area_km2
    from zones.making.shapes import shape_of

    land = coast.land
    lines = named_lines(waters, coast.owners["PRK"], nll)
    features = []
    for zone in zones:
        shape = shape_of(zone["shape"], waters, land, rules)
        areal = shape.geom_type.endswith("Polygon")
        properties = {key: value for key, value in zone.items() if key not in ("id", "shape")}
        properties["area_km2"] = round(area_km2(shape), 1) if areal else None
        properties["edges"] = (
            edges_of(shape, lines) if areal and zone["shape"]["rule"] not in ("circles", "polygon") else []
        )
        geometry = json.loads(shapely.to_geojson(shape))
        features.append({"type": "Feature", "id": zone["id"], "properties": properties, "geometry": geometry})
    return features


def main() -> int:
    """Run the build from the command line; 0 done, 1 the coast file is bad."""
    parser = argparse.ArgumentParser(
        prog="python -m zones.build", description="Build the shipped zones and land from the coast file."
    )
    parser.add_argument("--coast", type=Path, required=True, help="world-atlas 2.0.2 countries-10m.json, plain or .gz")
    parser.add_argument(
        "--out", type=Path, default=HERE / "data", help="folder to write to (default: the package's data)"
    )
    parser.add_argument("--any-coast", action="store_true", help="take a coast file with another sha256")
    choice = parser.parse_args()
    try:
        areas = build(choice.coast, choice.out, any_file=choice.any_coast)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    for name, area in areas:
        print(f"{name:34} {area:12,.1f} km2")
    return 0


if __name__ == "__main__":
    sys.exit(main())
