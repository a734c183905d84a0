"""The page of a watch: the map of report and replay, on which a browser draws what the watch tells it as it happens.

The page itself holds nothing of any ship: zones, coast, words and scripts. It is the same for all visitors, asks only
who served it, and runs only the scripts that it was made with (`policy`). Importing this module is light: a watch has
the page made by another process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zones import ZoneSet

SCRIPTS = (
    *("core.js", "data.js", "symbols.js", "colours.js", "raster.js", "paint.js", "tracks.js", "chart.js", "legend.js"),
    *("film.js", "strips.js", "detail.js", "moving.js", "reach.js", "live_data.js", "live_link.js", "live_health.js"),
    *("live_events.js", "live_event.js", "live_ship.js", "live.js"),
)
STYLES = ("chart.css", "page.css", "live.css")


@dataclass(frozen=True)
class LivePage:
    """A page to serve.

    Attributes:
        html: The document.
        policy: The content security policy under which it works.
    """

    html: str
    policy: str


def live_page(zones: ZoneSet, *, version: str) -> LivePage:
    """Return the page of a watch with these zones in force."""
    from maps import assets
    from maps.backdrop import REGION, widened
    from maps.content import still_content
    from maps.offline import CaseLayer, OfflineMap, served_policy
    from maps.replay import LEAST_REACH_KN, MOST_REACH_KN
    from maps.words import HIGH, MEDIUM

    view = widened(REGION)
    content = still_content(zones, view)
    content |= {"version": version, "score_high": HIGH, "score_medium": MEDIUM}
    content |= {"reach_least_kn": LEAST_REACH_KN, "reach_most_kn": MOST_REACH_KN, "licence": assets.licence("leaflet")}
    west, south, east, north = view
    page = OfflineMap(center=((west + east) / 2, (south + north) / 2), jquery=False, policy=served_policy)
    page.add_child(CaseLayer(content, scripts=SCRIPTS, styles=STYLES, body=assets.own("live.html")))
    html = str(page.get_root().render())
    return LivePage(html, served_policy(html) + "; frame-ancestors 'none'")
