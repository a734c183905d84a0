"""The docs picture of the zones: ``python -m zones.making.picture --out docs/img/zones.png``.

Draws every shipped zone over the shipped coast as one SVG page, in Okabe and Ito's colours, which colour-blind readers
can tell apart, helped by hatching and dashes; headless chromium turns it into a PNG. With an ``--out`` that ends in
``.svg`` no browser is needed.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from zones.land import coast_geojson, load_islands
from zones.load import load_zones
from zones.making.panel import Panel
from zones.places import load_places
from zones.show import area_text
from zones.zoneset import ZoneSet

WIDTH, HEIGHT = 1640, 1330

STYLES = {
    "chn_kor_pmz": 'fill="#F0E442" fill-opacity="0.35" stroke="#8a7f00" stroke-width="1.5"',
    "prk_rus_overlap_1986": 'fill="url(#grey)" stroke="#666" stroke-width="1"',
    "prk_eez_east_claim": 'fill="#009E73" fill-opacity="0.16" stroke="#009E73" stroke-width="2"',
    "prk_eez_east_excl_military": 'fill="url(#green)" stroke="#009E73" stroke-width="1" stroke-dasharray="8 4"',
    "prk_military_zone_east": 'fill="#E69F00" fill-opacity="0.30" stroke="none"',
    "prk_west_sea_area": 'fill="#56B4E9" fill-opacity="0.28" stroke="#0b6fa4" stroke-width="1.6"',
    "prk_military_zone_west": 'fill="url(#orange)" stroke="none"',
    "prk_territorial_sea_12nm": 'fill="#0072B2" fill-opacity="0.30" stroke="#0072B2" stroke-width="1.2"',
    "north_pyongan_leased_grounds": 'fill="url(#purple)" stroke="#8c2f6b" stroke-width="1.6"',
    "haeju_bay_sand": 'fill="#CC79A7" fill-opacity="0.55" stroke="#8c2f6b" stroke-width="1.6"',
    "sts_cho_do_sok_do": 'fill="#D55E00" fill-opacity="0.45" stroke="#D55E00" stroke-width="2"',
    "ningbo_zhoushan": 'fill="none" stroke="#333" stroke-width="1.4" stroke-dasharray="3 3"',
    "vostochny_oil": 'fill="none" stroke="#333" stroke-width="1.4" stroke-dasharray="3 3"',
    "gfw_park2020_study_area": 'fill="none" stroke="#8c2f6b" stroke-width="1.8" stroke-dasharray="2 5"',
    "prk_military_boundary_east_chord": 'fill="none" stroke="#9a6700" stroke-width="1.8" stroke-dasharray="2 4"',
    "prk_military_boundary_east_outer_line": 'fill="none" stroke="#9a6700" stroke-width="2.4"',
    "jpn_kor_cs_line_1974": 'fill="none" stroke="#0072B2" stroke-width="2" stroke-dasharray="10 3 2 3"',
    "nll_west": 'fill="none" stroke="#111" stroke-width="2.2" stroke-dasharray="7 4"',
    "nll_east": 'fill="none" stroke="#111" stroke-width="2.2" stroke-dasharray="7 4"',
}
"""SVG style of each zone, in the order of drawing."""

_HATCHES = (
    ("grey", "#555", 45, 8, 1.5, 0.6),
    ("green", "#009E73", -45, 12, 1.0, 0.5),
    ("orange", "#E69F00", 30, 9, 2.0, 0.55),
    ("purple", "#8c2f6b", 60, 6, 2.0, 0.8),
)
"""Hatchings: name, colour, turn in degrees, gap and line width in pixels, opacity."""
_LAND = {"PRK": "#d9cfc1", "KOR": "#e6e2da", "CHN": "#eeece6", "RUS": "#e9e9ea", "JPN": "#efefef"}
_ALERT = {"any": "any ship", "fishing": "fishing", "none": "none"}


def _hatch(name: str, colour: str, turn: int, gap: int, width: float, opacity: float) -> str:
    line = f'<line y2="{gap}" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"/>'
    size = f'width="{gap}" height="{gap}" patternUnits="userSpaceOnUse"'
    return f'<pattern id="{name}" {size} patternTransform="rotate({turn})">{line}</pattern>'


def page(zones: ZoneSet) -> str:
    """Return the picture as an SVG document."""
    panels = [_both_seas(zones), _west_sea(zones), _overview(zones)]
    halo = ".l{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}"
    style = f"text{{font-family:'DejaVu Sans',Arial,sans-serif}}{halo}"
    hatches = "".join(_hatch(*each) for each in _HATCHES)
    title = f"Zones of darkwake, version {zones.version}: whose each line is, and in grey how unsure its edge is"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<style>{style}</style><defs>{hatches}</defs><rect width="100%" height="100%" fill="#fff"/>'
        f'<text x="20" y="32" font-size="21" font-weight="bold" fill="#111">{title}</text>'
        f"{''.join(panel.svg() for panel in panels)}{_legend(zones)}</svg>"
    )


def _map(panel: Panel, zones: ZoneSet, step: float) -> Panel:
    """Draw coast, graticule, zones and the bands of their edges."""
    for feature in coast_geojson(panel.bounds)["features"]:
        colour = _LAND.get(feature["properties"]["owner"], "#efefef")
        panel.draw(feature["geometry"], f'fill="{colour}" stroke="#8d8577" stroke-width="0.6"')
    panel.graticule(step)
    for name, style in STYLES.items():
        panel.draw(zones[name].geometry, style)
    for edge in zones["prk_west_sea_area"].edges:
        panel.band(edge.coordinates, edge.uncertainty_m, "#333")
    for name in ("nll_east", "prk_military_boundary_east_outer_line"):
        panel.band([zones[name].geometry["coordinates"]], zones[name].edge_uncertainty_m or 0.0, "#333")
    return panel


def _both_seas(zones: ZoneSet) -> Panel:
    panel = _map(Panel("Both seas", 20, 70, 1040, (122.9, 37.35, 134.75, 42.75)), zones, 1)
    for port in ("Nampo", "Wonsan", "Hungnam", "Kimch'aek", "Ch'ongjin", "Najin"):
        _port(panel, port)
    panel.text((126.6, 40.1), "DPRK", size=19, colour="#7a6f60")
    panel.text((127.6, 37.75), "ROK", size=19, colour="#8b8577")
    panel.text((124.6, 41.4), "CHINA", size=19, colour="#8b8577")
    panel.text((132.6, 42.62), "RUSSIA", size=15, colour="#8b8577")
    panel.text(
        (131.4, 39.4),
        "DPRK claimed zone 1977,|as drawn by Park et al. 2020|(green; hatched: outside|the military zone)",
        colour="#00664b",
    )
    panel.text((128.95, 39.55), "military zone, 50 nm|(DPRK 1977,|not recognised)", colour="#8a5a00")
    panel.text((127.95, 38.95), "12 nm", colour="#004c7a")
    panel.text((133.85, 41.95), "grey hatching: to the|USSR-DPRK line of 1986,|not DPRK waters", colour="#444", size=11)
    panel.text((133.95, 38.95), "study area|of 2020 (dots)", colour="#8c2f6b", size=11)
    panel.text((131.2, 38.47), "NLL, East Sea (UN Command)", colour="#111")
    panel.text((123.75, 37.62), "NLL, West Sea", colour="#111", size=11)
    panel.text(
        (130.72, 40.25),
        "outer line of Park et al.;|dots: 50 nm off the chord",
        colour="#8a5a00",
        size=10.5,
        anchor="start",
    )
    panel.text((133.35, 42.45), "Vostochny", size=10.5)
    return panel


def _west_sea(zones: ZoneSet) -> Panel:
    panel = _map(Panel("West Sea", 20, 745, 490, (123.2, 37.3, 126.65, 40.15)), zones, 0.5)
    for island in load_islands():
        if panel.bounds[0] < island.lon < panel.bounds[2] and panel.bounds[1] < island.lat < panel.bounds[3]:
            fill = "#444" if island.owner == "PRK" else "#fff"
            panel.dot(
                (island.lon, island.lat),
                island.name,
                fill=fill,
                anchor="end" if 124.5 < island.lon < 124.67 or island.lon > 126.1 else "start",
            )
    _port(panel, "Nampo")
    panel.text((124.3, 38.85), "West Sea area, also|military zone west|(orange hatching)", colour="#004c7a", size=11)
    panel.text((124.86, 39.08), "12 nm", colour="#004c7a", size=11)
    panel.text((123.55, 38.95), "China line|± 10 km", size=11)
    panel.text((123.9, 39.92), "Yalu mouth|± 3 nm", size=11)
    panel.text((123.72, 37.9), "equidistance with|ROK islands ± 10 km", size=11)
    panel.text((125.35, 37.45), "NLL ± 2 nm", size=11)
    panel.text((125.45, 38.36), "STS area|Cho-do, Sok-do", colour="#a84a00", size=11)
    panel.text((126.15, 38.02), "Haeju sand", colour="#8c2f6b", size=11)
    panel.text((125.5, 39.35), "leased grounds", colour="#8c2f6b", size=11)
    return panel


def _overview(zones: ZoneSet) -> Panel:
    panel = _map(Panel("Overview", 1090, 70, 530, (117.5, 29.2, 136.5, 43.9)), zones, 5)
    panel.text((123.4, 34.7), "China-ROK Provisional|Measures Zone 2001|(not DPRK waters)", colour="#6b6200", size=11.5)
    panel.text((129.3, 33.35), "Japan-ROK shelf line 1974", colour="#004c7a", size=11, anchor="start")
    panel.text((122.7, 30.3), "Ningbo-Zhoushan", size=11, anchor="start")
    panel.text((133.2, 43.1), "Vostochny", size=11)
    panel.text((131.2, 39.9), "East Sea", size=12, colour="#345")
    panel.text((123.5, 38.6), "West Sea", size=12, colour="#345")
    return panel


def _port(panel: Panel, name: str) -> None:
    ports = load_places().ports
    if name in ports.name:
        at = ports.name.index(name)
        panel.dot((float(ports.lon[at]), float(ports.lat[at])), name, fill="#fff", anchor="end")


def _legend(zones: ZoneSet) -> str:
    """Return the list of all zones with swatch, area, whose line and for whom it alerts."""
    left, top, step = 540, 760, 24
    head = f'<text x="{left}" y="{top - 8}" font-size="15" font-weight="bold" fill="#222">All zones</text>'
    columns = ((left + 44, "zone"), (left + 490, "area, km²"), (left + 508, "alerts for"), (left + 590, "whose line"))
    rows = [f'<text x="{x}" y="{top + 10}" font-size="11" fill="#555"{_end(word)}>{word}</text>' for x, word in columns]
    for number, zone in enumerate(zones.zones, start=1):
        y = top + 10 + number * step
        sample = f'd="M{left},{y - 4}h34"' if not zone.is_area else f'd="M{left},{y - 12}h34v15h-34z"'
        rows.append(f"<path {sample} {STYLES[zone.id]}/>")
        whose = zone.whose if len(zone.whose) <= 78 else zone.whose[:76].rstrip() + "…"
        words = (zone.name, area_text(zone), _ALERT[zone.alert_for], whose)
        for (x, column), word in zip(columns, words, strict=True):
            rows.append(f'<text x="{x}" y="{y}" font-size="11" fill="#222"{_end(column)}>{word}</text>')
    y = top + 24 + (len(zones.zones) + 1) * step
    rows.append(f'<path d="M{left},{y - 4}h34" stroke="#333" stroke-opacity="0.28" stroke-width="12"/>')
    note = (
        "uncertain edge, as wide as its uncertainty on both sides. Filled dots: DPRK islands; open: ROK islands, ports."
    )
    rows.append(f'<text x="{left + 44}" y="{y}" font-size="11" fill="#222">{note}</text>')
    rows.append(f'<text x="{left + 44}" y="{y + 18}" font-size="11" fill="#555">{_CREDIT}</text>')
    return head + "".join(rows)


_CREDIT = "Coast: Natural Earth. Ports: World Port Index (both public domain). Sources of each line: docs/zones.md."


def _end(column: str) -> str:
    return ' text-anchor="end"' if column.startswith("area") else ""


def main() -> int:
    """Write the picture; 0 done, 1 the browser failed."""
    parser = argparse.ArgumentParser(prog="python -m zones.making.picture", description="Draw the shipped zones.")
    parser.add_argument("--out", type=Path, required=True, help="file to write, .svg or .png")
    parser.add_argument("--browser", default="chromium", help="chromium that turns the SVG into a PNG")
    choice = parser.parse_args()
    if choice.out.suffix == ".svg":
        choice.out.write_text(page(load_zones()), encoding="utf-8")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "zones.html"
        head = '<!doctype html><meta charset="utf-8"><style>body{margin:0}</style>'
        source.write_text(head + page(load_zones()), encoding="utf-8")
        shot = [f"--user-data-dir={folder}/browser", f"--screenshot={choice.out.resolve()}", source.as_uri()]
        done = subprocess.run([choice.browser, *_QUIET, *shot], check=False, stderr=subprocess.DEVNULL)
        return min(1, done.returncode)


_QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    f"--window-size={WIDTH},{HEIGHT}",
)


if __name__ == "__main__":
    sys.exit(main())
