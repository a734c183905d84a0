"""The custody page: what the report was made from and by, so that a stranger can make it again and compare."""

import hashlib
import platform
from datetime import datetime
from importlib.metadata import version as version_of

from ais.reader import Reader
from detectors import read_events, to_json
from detectors.list_matches import match_lists, with_matches
from detectors.vessel_lists import VesselLists
from maps import words
from zones import ZoneSet

_ARTEFACTS = "SELECT kind, sha256 FROM artefacts ORDER BY kind, sha256"
HOW = (
    "The case file holds every input's hash, every kept line and every setting. `darkwake verify --case` rebuilds the "
    "inputs, decodes and detects again and names what differs; `darkwake events --case ... --format json` gives the "
    "events whose hash stands here."
)


def read_custody(
    reader: Reader,
    zones: ZoneSet,
    lists: VesselLists,
    *,
    made_at: datetime,
    version: str,
    by: str | None,
) -> dict[str, object]:
    """Return names and values of the page.

    Args:
        reader: The case.
        zones: The zones that are drawn.
        lists: The lists that ships were held against.
        made_at: Time of making.
        version: darkwake's version.
        by: Who made the report, in their own words.
    """
    events = with_matches(read_events(reader), match_lists(reader, lists))
    text = to_json(events)
    rows = [
        ["Made", f"{words.utc_full(made_at)} UTC"],
        ["Made by", by or "not said"],
        ["Made with", f"darkwake {version}, DuckDB {version_of('duckdb')}, Python {platform.python_version()}"],
        ["Events", f"{len(events):,}; sha256 of their JSON {hashlib.sha256(text.encode()).hexdigest()}"],
        ["Zone set", f"{zones.version}, sha256 {zones.sha256}"],
        ["Lists of vessels", str(lists)],
    ]
    rows += [[f"Learned: {row['kind']}", f"sha256 {row['sha256']}"] for row in reader.query(_ARTEFACTS).to_pylist()]
    return {"rows": rows, "how": HOW}
