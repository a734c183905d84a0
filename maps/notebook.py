"""A case as a folium map for notebooks: our canvas of findings, to which other folium layers can be added."""

import folium

from ais.reader import Reader
from detectors.vessel_lists import VesselLists, load_vessel_lists
from maps.content import map_content
from maps.offline import CaseLayer, OfflineMap
from zones import ZoneSet

SCRIPTS = (
    *("core.js", "data.js", "symbols.js", "colours.js", "raster.js", "paint.js", "tracks.js", "chart.js", "legend.js"),
    *("film.js", "strips.js", "detail.js", "notebook.js"),
)
STYLES = ("chart.css",)


def case_map(reader: Reader, zones: ZoneSet, *, lists: VesselLists | None = None, network: bool = False) -> folium.Map:
    """Return a map of the case's findings; a click on an event shows its evidence.

    By default the map carries all it needs and its policy lets nothing load and no script run but its own; layers
    whose files are not bundled raise ReportError when it is shown. Ship text in layers that you add yourself is not
    made safe: folium renders it as a template on this host.

    Args:
        reader: The case.
        zones: The zones to draw.
        lists: The lists that ships are held against; the package's own by default.
        network: Make a plain folium map instead, which loads its files from the network and can hold tiles and any
        plugin.
    """
    content, *_ = map_content(reader, zones, lists or load_vessel_lists())
    west, south, east, north = (float(edge) for edge in content["view"])  # type: ignore[attr-defined]
    center = ((west + east) / 2, (south + north) / 2)
    made: folium.Map
    if network:
        made = folium.Map(
            location=[center[1], center[0]], zoom_start=6, tiles=None, maxZoom=16, zoomSnap=0.25, zoomAnimation=False
        )
    else:
        made = OfflineMap(center=center)
    made.add_child(CaseLayer(content, scripts=SCRIPTS, styles=STYLES))
    return made
