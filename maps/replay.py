"""The replay: one HTML file in which tracks play through time, with all that a reader needs to judge what they see.

A ship is drawn where two real fixes at most UNHEARD_S apart put it, on the straight line between them. Where they lie
further apart the ship is silent: it stays hollow where it was last heard, and its reach grows from there, the circle
that it cannot have left at the fastest speed it is known for. Where it is heard again, it must also have been able to
come there: what both circles share is where it can have been.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ais.reader import Reader
from detectors.event import to_us
from detectors.vessel_lists import VesselLists, load_vessel_lists
from maps import assets, words
from maps.content import map_content
from maps.findings import Part
from maps.offline import CaseLayer, OfflineMap, ReportError
from maps.pack import pack
from maps.tracks import FIRST_US, LAST_US, UNHEARD_S, Tracks
from maps.writing import write_page
from zones import ZoneSet

MAX_FIXES = 1_000_000  # 6 to 9 MB of page
LEAST_REACH_KN = 10.0  # a ship that was heard only at anchor can still steam: the service speed of small tankers
MOST_REACH_KN = 40.0  # beyond it, a speed is an error of the sender
TALK_STEP_S = 1800

SCRIPTS = (
    *("core.js", "data.js", "symbols.js", "colours.js", "raster.js", "paint.js", "tracks.js", "chart.js", "legend.js"),
    *("detail.js", "moving.js", "reach.js", "abreast.js", "strip.js", "replay_side.js", "replay_keys.js", "replay.js"),
)
STYLES = ("chart.css", "page.css", "replay.css")

_ALL = """
SELECT DISTINCT mmsi FROM positions
WHERE t BETWEEN make_timestamp($from_us) AND make_timestamp($to_us) ORDER BY mmsi
"""
# What a ship said without a position while it was silent: the first of each step of time.
_TALKS = """
WITH fixes AS (SELECT mmsi, t FROM positions WHERE mmsi IN (SELECT unnest($ships::BIGINT[]))),
said AS (SELECT mmsi, t FROM heard WHERE mmsi IN (SELECT unnest($ships::BIGINT[])))
SELECT s.mmsi, min(epoch_us(s.t)) // 1000000 AS t_s
FROM said AS s ASOF JOIN fixes AS f ON f.mmsi = s.mmsi AND s.t >= f.t
WHERE epoch_us(s.t) - epoch_us(f.t) > $unheard_us AND s.t BETWEEN make_timestamp($from_us) AND make_timestamp($to_us)
GROUP BY s.mmsi, epoch_us(s.t) // $step_us ORDER BY s.mmsi, t_s
"""


def write_replay(
    reader: Reader,
    zones: ZoneSet,
    path: Path,
    *,
    made_at: datetime,
    version: str,
    ships: Sequence[int] = (),
    span: tuple[datetime | None, datetime | None] = (None, None),
    lists: VesselLists | None = None,
    title: str | None = None,
) -> Path:
    """Write the replay of a case and return its path.

    The file replaces what was there in one step, or not at all. The same case, zones and arguments give the same bytes.

    Args:
        reader: The case.
        zones: The zones to draw.
        path: Where to write; its folder must exist.
        made_at: Time of making, for the page.
        version: darkwake's version, for the page.
        ships: These ships and those they have events with; all ships of the case if there are none.
        span: From and to which time; None = from the first, to the last position.
        lists: The lists that ships are held against; the package's own by default.
        title: What the page is called; by default the names of the inputs.

    Raises:
        ReportError: The case has nothing to play there, or the target cannot be written.
    """
    return write_page(
        Path(path),
        "replay",
        lambda: replay_html(
            reader, zones, made_at=made_at, version=version, ships=ships, span=span, lists=lists, title=title
        ),
    )


def replay_html(
    reader: Reader,
    zones: ZoneSet,
    *,
    made_at: datetime,
    version: str,
    ships: Sequence[int] = (),
    span: tuple[datetime | None, datetime | None] = (None, None),
    lists: VesselLists | None = None,
    title: str | None = None,
    max_fixes: int = MAX_FIXES,
) -> str:
    """Return the replay as text; arguments as for `write_replay`, and about how many fixes it may carry."""
    begin, end = span
    from_us, to_us_ = FIRST_US if begin is None else to_us(begin), LAST_US if end is None else to_us(end)
    every = reader.query(_ALL, from_us=from_us, to_us=to_us_).to_pylist() if not ships else []
    wanted = tuple(sorted(set(ships))) or tuple(int(row["mmsi"]) for row in every)
    part = Part(wanted, from_us, to_us_, max_fixes)
    content, _, _, tracks = map_content(reader, zones, lists or load_vessel_lists(), part)
    if not len(tracks.t_s):
        raise ReportError("the case has no position of these ships in this span; see: darkwake status --case C.duckdb")
    names = [str(row["name"]) for row in reader.query("SELECT name FROM inputs ORDER BY id").to_pylist()]
    content |= {
        "title": title or (", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")) or "case",
        "made": words.utc(made_at),
        "version": version,
        "reach_kn": _reaches(tracks),
        "reach_least_kn": LEAST_REACH_KN,
        "talks": _talks(reader, tracks, from_us, to_us_),
        "licence": assets.licence("leaflet"),
    }
    west, south, east, north = (float(edge) for edge in content["view"])  # type: ignore[attr-defined]
    page = OfflineMap(center=((west + east) / 2, (south + north) / 2), jquery=False)
    page.add_child(CaseLayer(content, scripts=SCRIPTS, styles=STYLES, body=assets.own("replay.html")))
    return str(page.get_root().render())


def _reaches(tracks: Tracks) -> list[float]:
    """Return the speed of each ship's reach in knots: the greatest that all but one in a hundred of its fixes keep."""
    reaches = []
    first = 0
    for count in tracks.counts:
        part = slice(first, first + count)
        sog = np.sort(tracks.sog[part][(tracks.flags[part] & 2 == 0) & (tracks.sog[part] >= 0)])
        fast = float(sog[len(sog) * 99 // 100]) / 10 if len(sog) else 0.0
        reaches.append(min(max(fast, LEAST_REACH_KN), MOST_REACH_KN))
        first += count
    return reaches


def _talks(reader: Reader, tracks: Tracks, from_us: int, to_us_: int) -> dict[str, object]:
    """Return ship (as its place among the tracks) and time of what was heard of silent ships without a position."""
    rows = reader.query(
        _TALKS,
        ships=list(tracks.ships),
        unheard_us=UNHEARD_S * 1_000_000,
        step_us=TALK_STEP_S * 1_000_000,
        from_us=from_us,
        to_us=to_us_,
    )
    mmsi, t_s = (np.asarray(rows[name].to_numpy()).astype(np.int64) for name in ("mmsi", "t_s"))
    place: npt.NDArray[np.int64] = np.searchsorted(np.asarray(tracks.ships, dtype=np.int64), mmsi)
    return pack([place, t_s - int(tracks.t_s.min())])
