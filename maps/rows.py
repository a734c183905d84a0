"""An event's evidence as labels and values: every key, under the words that a reader knows or under its own name.

Keys end in their unit. What ships said of themselves is a line for each ship. Text from a radio stays as it was sent:
the page makes it safe.
"""

from collections.abc import Mapping
from datetime import datetime

from maps.words import Evidence, number, position, utc

_UNITS = (
    ("_fraction", "%"),
    ("_minutes", "min"),
    ("_hours", "h"),
    ("_count", ""),
    ("_deg", "°"),
    ("_km", "km"),
    ("_kn", "kn"),
    ("_nm", "nm"),
    ("_m", "m"),
)
_PLACES = ("port", "anchorage", "masked", "sts_area")  # None here means that there is none
_STATUS = (
    "under way using engine", "at anchor", "not under command", "restricted manoeuvrability", "constrained by draught",
    "moored", "aground", "engaged in fishing", "under way sailing",
)  # fmt: skip
_LABELS = {
    "hours": ("Duration", "h"),
    "verdict": ("Verdict", ""),
    "reports_12h": ("Reports, 12 h before", ""),
    "distance_km": ("Between its ends", "km"),
    "implied_speed_kn": ("Implied speed", "kn"),
    "distance_min_m": ("Least distance", "m"),
    "distance_median_m": ("Median distance", "m"),
    "sog_median_a_kn": ("Median speed, first ship", "kn"),
    "sog_median_b_kn": ("Median speed, second ship", "kn"),
    "fixes_a": ("Fixes, first ship", ""),
    "fixes_b": ("Fixes, second ship", ""),
    "longest_hole_minutes": ("Longest time without a fix", "min"),
    "others_start_count": ("Others heard, start", ""),
    "others_end_count": ("Others heard, end", ""),
    "receivable_start_fraction": ("Hours receivable, start", "%"),
    "receivable_end_fraction": ("Hours receivable, end", "%"),
    "observed_fraction": ("Share of stay observed", "%"),
    "dwell_hours": ("Stay", "h"),
    "entry_seen": ("Entry seen", ""),
    "exit_seen": ("Exit seen", ""),
    "entry_hole_hours": ("Fixes apart at entry", "h"),
    "exit_hole_hours": ("Fixes apart at exit", "h"),
    "fixes_count": ("Fixes inside", ""),
    "fishing_reason": ("Why a fishing vessel", ""),
    "hull_gap_min_m": ("Least gap between hulls", "m"),
    "hull_gap_median_m": ("Median gap between hulls", "m"),
    "hull_gap_basis": ("Gap between hulls by", ""),
    "distance_bound_m": ("Distance uncertain by, from interpolation", "m"),
    "relative_sog_median_kn": ("Median speed against each other", "kn"),
    "course_difference_median_deg": ("Median difference of courses", "°"),
    "alongside_hours": ("Alongside (hulls within 100 m)", "h"),
    "came": ("Came to the other", ""),
    "stayed": ("Lay there", ""),
    "approach_minutes": ("Approach", "min"),
    "parting_minutes": ("Parting", "min"),
    "neighbours_count": ("Others slow or still within 2 km", ""),
    "masked": ("Learned place where ships lie", ""),
    "sts_area": ("Ship-to-ship area", ""),
    "contacts_48h_count": ("Contacts of these within 48 h", ""),
    "contacts_48h_hours": ("Together in these contacts", "h"),
    "unseen_third": ("Room for an unseen craft between", ""),
    "members": ("Each ship's time in it", ""),
    "ships": ("As the ships said then", ""),
    "ship": ("As the ship said then", ""),
    "fixes": ("Fixes", ""),
    "sog_median_kn": ("Median speed", "kn"),
    "drift_km": ("From first fix to last", "km"),
    "spread_m": ("All fixes within", "m"),
    "draught_before_m": ("Draught before, as typed by hand", "m"),
    "draught_after_m": ("Draught after, as typed by hand", "m"),
    "silent_before_minutes": ("Longest silence in the day before", "min"),
    "silent_after_minutes": ("Longest silence in the day after", "min"),
    "nav_status": ("Status sent most", ""),
    "unusual": ("Rarer than, of those the model learned from", "%"),
    "like_transfer": ("Like a transfer, by the model", "%"),
    "outage_hours": ("Of it all its sources were out themselves", "h"),
    "ships_count": ("Ships heard just before", ""),
    "reports_count": ("Their reports then", ""),
    "ships_within_km": ("These ships within", "km"),
    "ships_heard": ("By number", ""),
    "tracks_count": ("Ships that used this number", ""),
}


def evidence_rows(evidence: Evidence, zone_names: Mapping[str, str]) -> list[list[str | list[str]]]:
    """Return label and value of each piece of evidence, a line for each ship; the distance series is drawn instead."""
    rows: list[list[str | list[str]]] = []
    for key, value in evidence.items():
        if key == "series" or (key == "fishing_reason" and value is None):
            continue
        if key.endswith("_lat") and f"{key.removesuffix('_lat')}_lon" in evidence:
            continue
        stem = key.removesuffix("_lon")
        if stem != key and f"{stem}_lat" in evidence:
            rows.append([f"Position at {stem}", _place(value, evidence[f"{stem}_lat"])])
            continue
        label, unit = _label(key)
        if key in ("ship", "ships", "members"):
            rows.append([label, [_said(one) for one in (value if isinstance(value, list | tuple) else [value])]])
        elif key == "nav_status" and isinstance(value, int):
            rows.append([label, f"{value} {_STATUS[value] if 0 <= value < len(_STATUS) else ''}".rstrip()])
        else:
            rows.append([label, _in_words(key, value) or _value(value, unit, zone_names)])
    return rows


def _in_words(key: str, value: object) -> str:
    """Return what a value of none means for its key, "" where it has no meaning of its own."""
    if key.startswith("silent_") and not value:
        return "not heard then" if value is None else "under an hour"
    return "none" if value is None and key.endswith(_PLACES) else ""


def _said(ship: object) -> str:
    """Return one ship of an event in a line: number, name, class, size, draughts, or her time in it."""
    if not isinstance(ship, Mapping):
        return "not known"
    before, after = ship.get("draught_before_m"), ship.get("draught_after_m")
    sizes = [number(float(ship[key])) if ship.get(key) is not None else "?" for key in ("length_m", "beam_m")]
    parts = [
        str(ship.get("name") or ""),
        "gear by its name or size" if ship.get("gear") else str(ship.get("class") or ""),
        f"{' × '.join(sizes)} m" if sizes != ["?", "?"] else "",
        f"draught {_draught(before)} before, {_draught(after)} after"
        if before is not None or after is not None
        else "",
        " then ".join(dict.fromkeys(str(ship[key]) for key in ("laden_before", "laden_after") if ship.get(key))),
        f"{_clock(ship['from'])} to {_clock(ship['to'])} UTC" if "from" in ship and "to" in ship else "",
    ]
    said = ", ".join(part for part in parts if part) or "nothing"
    return f"{int(ship['mmsi']):09d}: {said}" if "mmsi" in ship else said


def _draught(draught_m: object) -> str:
    return f"{number(float(draught_m))} m" if isinstance(draught_m, int | float) else "not said"


def _clock(t: object) -> str:
    """Return an event's time of a member to the minute; what is no time as it is."""
    try:
        return utc(datetime.fromisoformat(str(t)))
    except ValueError:
        return str(t)


def _place(lon: object, lat: object) -> str:
    if isinstance(lon, int | float) and isinstance(lat, int | float):
        return position(float(lon), float(lat))
    return "not known"


def _label(key: str) -> tuple[str, str]:
    if key in _LABELS:
        return _LABELS[key]
    for suffix, unit in _UNITS:
        if key.endswith(suffix):
            return key.removesuffix(suffix).replace("_", " ").capitalize(), unit
    return key.replace("_", " ").capitalize(), ""


def _value(value: object, unit: str, zone_names: Mapping[str, str]) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{number(value * 100)} %" if unit == "%" else f"{number(value)} {unit}".rstrip()
    if isinstance(value, list | tuple):
        return ", ".join(zone_names.get(str(item), str(item)) for item in value) or "none"
    return zone_names.get(str(value), str(value))
