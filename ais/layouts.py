"""The layouts of tables that are known by their header, and what our fields are called in them.

NOAA MarineCadastre (United States): `MMSI,BaseDateTime,LAT,LON,...` to 2024, `mmsi,base_date_time,longitude,...` in the
files of the newer kind; times are UTC. Its lengths and widths are not read: a case keeps where the antenna sits.

Danish Maritime Authority (`aisdk-YYYY-MM-DD.csv`): times are UTC with the day first. Sources: the authority's
`!_README_information_CSV_files.txt`, which says that A to D are the lengths from the antenna to bow, stern, starboard
and port, so C and D the other way round than in the ITU's dimension fields. Its rate of turn is in degrees a minute,
rounded to a tenth, and not read: the schema keeps what was sent, and 0.0 can have been 0, 1 or -1. Nor is its cargo
type: `ais.tablevalues` says what its words for status and ship type stand for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

NEEDED = ("mmsi", "t", "lon", "lat")
MOTION = ("sog_kn", "cog_deg", "heading_deg", "nav_status", "ais_class", "station")
SIDES = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
STATIC = ("imo", "name", "callsign", "ship_type", *SIDES, "draught_m", "destination", "eta")
FIELDS = (*NEEDED, *MOTION, *STATIC)


@dataclass(frozen=True)
class Layout:
    """A layout known by its header.

    Attributes:
        columns: Our fields to its column names; which of those that no position needs are there differs by year.
        mark: Columns that only this layout has: with those of `NEEDED` they tell it.
        time_format: How it writes times, in `strptime`'s letters; None: ISO 8601.
    """

    columns: Mapping[str, str]
    mark: frozenset[str]
    time_format: str | None = None

    def fits(self, header: Collection[str]) -> bool:
        """Whether a header is of this layout."""
        return {self.columns[field] for field in NEEDED} | self.mark <= set(header)


_NOAA = {
    "mmsi": "MMSI",
    "t": "BaseDateTime",
    "lon": "LON",
    "lat": "LAT",
    "sog_kn": "SOG",
    "cog_deg": "COG",
    "heading_deg": "Heading",
    "nav_status": "Status",
    "ais_class": "TransceiverClass",
    "name": "VesselName",
    "imo": "IMO",
    "callsign": "CallSign",
    "ship_type": "VesselType",
    "draught_m": "Draft",
}
_NOAA_NEWER = {
    "mmsi": "mmsi",
    "t": "base_date_time",
    "lon": "longitude",
    "lat": "latitude",
    "sog_kn": "sog",
    "cog_deg": "cog",
    "heading_deg": "heading",
    "nav_status": "status",
    "ais_class": "transceiver",
    "name": "vessel_name",
    "imo": "imo",
    "callsign": "call_sign",
    "ship_type": "vessel_type",
    "draught_m": "draft",
}
_DANISH = {
    "mmsi": "MMSI",
    "t": "# Timestamp",
    "lon": "Longitude",
    "lat": "Latitude",
    "sog_kn": "SOG",
    "cog_deg": "COG",
    "heading_deg": "Heading",
    "nav_status": "Navigational status",
    "ais_class": "Type of mobile",
    "name": "Name",
    "imo": "IMO",
    "callsign": "Callsign",
    "ship_type": "Ship type",
    "to_bow_m": "A",
    "to_stern_m": "B",
    "to_starboard_m": "C",
    "to_port_m": "D",
    "draught_m": "Draught",
    "destination": "Destination",
    "eta": "ETA",
}
_DANISH_MARK, _DANISH_TIME = frozenset({"Type of mobile"}), "%d/%m/%Y %H:%M:%S"
LAYOUTS = (
    Layout(_NOAA, frozenset()),
    Layout(_NOAA_NEWER, frozenset()),
    Layout(_DANISH, _DANISH_MARK, _DANISH_TIME),
    Layout(_DANISH | {"t": "Timestamp"}, _DANISH_MARK, _DANISH_TIME),
)


def layout_of(header: Collection[str]) -> Layout | None:
    """Return the known layout of a header, or None."""
    return next((layout for layout in LAYOUTS if layout.fits(header)), None)
