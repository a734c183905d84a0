"""Findings in words: what was observed, how sure that is, and nothing that accuses.

Numbers come from the event's evidence, whose keys end in their unit; a key that no rule here knows is shown under its
own name. Scores are documented rules of the detectors and no probabilities; the words high, medium and low stand for
spans of score.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

HIGH, MEDIUM = 0.75, 0.5  # spans of score that a reader tells apart at a glance; stated on the page

Evidence = Mapping[str, object]
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
_PLACES = ("port", "anchorage")  # None here means that there is none
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
}


def confidence(score: float) -> str:
    """Return the word for a score."""
    return "high" if score >= HIGH else "medium" if score >= MEDIUM else "low"


def number(value: float) -> str:
    """Return a number as people read it: three digits that count, thousands parted."""
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def length(hours: float) -> str:
    """Return a span of time: minutes below 2 h, hours below 2 days, then days."""
    if hours < 2:
        return f"{hours * 60:.0f} min"
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} days"


def utc(t: datetime) -> str:
    """Return a time to the minute, as `2022-11-10 02:09`; the page says UTC."""
    return (t.astimezone(UTC) if t.tzinfo else t).strftime("%Y-%m-%d %H:%M")


def position(lon: float, lat: float) -> str:
    """Return a position in degrees and minutes to a hundredth (19 m)."""
    return f"{_angle(lat, 'N', 'S', 2)} {_angle((lon + 180) % 360 - 180, 'E', 'W', 3)}"


def _angle(value: float, plus: str, minus: str, digits: int) -> str:
    hundredths = round(abs(value) * 6000)
    return f"{hundredths // 6000:0{digits}d}°{hundredths % 6000 / 100:05.2f}′{plus if value >= 0 else minus}"


def evidence_rows(evidence: Evidence, zone_names: Mapping[str, str]) -> list[list[str]]:
    """Return label and value of each piece of evidence; the distance series is drawn instead."""
    rows = []
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
        rows.append([label, "none" if value is None and key.endswith(_PLACES) else _value(value, unit, zone_names)])
    return rows


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


def summary(kind: str, hours: float | None, evidence: Evidence, zone_name: str) -> str:
    """Return one sentence that says what was observed."""
    span = length(hours) if hours is not None else "to the end of the data"
    if kind == "rendezvous":
        return f"{_within(evidence)} for {span}: consistent with a ship-to-ship transfer.{_sheltered(evidence)}"
    if kind == "gap":
        return f"{_silent(hours, span, evidence)}: {evidence.get('verdict', 'no verdict')}."
    if kind in ("zone_presence", "incursion"):
        who = "A vessel that fishes" if kind == "incursion" else "A ship"
        stay = f"for {span}" if hours is not None else "and still there at the end of the data"
        return f"{who} inside {zone_name or 'a zone'} {stay}. {_crossing(evidence)}"
    return f"Observed for {span}." if hours is not None else "Observed, and still open at the end of the data."


def _within(evidence: Evidence) -> str:
    median = evidence.get("distance_median_m")
    return (
        f"Two ships within {number(median)} m (median)"
        if isinstance(median, int | float)
        else "Two ships close together"
    )


def _sheltered(evidence: Evidence) -> str:
    place = evidence.get("port") or evidence.get("anchorage")
    return f" Inside a port or anchorage ({place}), where lying close is ordinary." if place else ""


def _silent(hours: float | None, span: str, evidence: Evidence) -> str:
    distance = evidence.get("distance_km")
    if hours is None:
        return "Silent, and not heard again by the end of the data"
    moved = f", heard again {number(distance)} km away" if isinstance(distance, int | float) else ""
    return f"Silent for {span}{moved}"


def _crossing(evidence: Evidence) -> str:
    seen = {True: "seen", False: "not seen"}
    entry, leave = (seen.get(bool(evidence.get(key)), "") for key in ("entry_seen", "exit_seen"))
    return f"Entry {entry}, exit {leave}."


def _many(count: int) -> str:
    return f"{count:,} score" if count > 1 else "1 scores" if count else "None scores"


def lead(counts: Sequence[tuple[str, int]], scores: Sequence[float], unassessed: int, first: str) -> dict[str, str]:
    """Return the three sentences that head a page: found, how sure, and what the numbers cannot say.

    Args:
        counts: Plural label and number of each kind.
        scores: Scores of all events.
        unassessed: Silences whose verdict is that they cannot be assessed.
        first: Summary of the strongest event.
    """
    total = sum(count for _, count in counts)
    if not total:
        return {
            "found": "No event: no meeting at sea, no long silence and no stay in a watched zone met the thresholds.",
            "sure": "This says little about what happened at sea. It says that the AIS in these inputs, where "
            "and when it was received, "
            "holds nothing that the thresholds call an event.",
        }
    listed = ", ".join(f"{count:,} {label}" for label, count in counts)
    tally = {word: sum(confidence(score) == word for score in scores) for word in ("high", "medium", "low")}
    sure = (
        f"{_many(tally['high'])} high ({HIGH} or more), {tally['medium']:,} medium, {tally['low']:,} low "
        f"(below {MEDIUM}). A score follows a documented rule; it is not a probability."
    )
    if unassessed:
        verb = "silence cannot" if unassessed == 1 else "silences cannot"
        sure += f" {unassessed:,} {verb} be assessed: too few other ships were heard there and then."
    return {"found": f"{listed}; each a lead to check. Strongest: {first[:1].lower()}{first[1:]}", "sure": sure}
