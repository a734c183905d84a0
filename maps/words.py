"""Findings in words: what was observed, how sure that is, and nothing that accuses.

Numbers come from the event's evidence. Scores are documented rules of the detectors and no probabilities; the words
high, medium and low stand for spans of score.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

HIGH, MEDIUM = 0.75, 0.5  # spans of score that a reader tells apart at a glance; stated on the page

Evidence = Mapping[str, object]


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


def utc_full(t: datetime) -> str:
    """Return a time to the second, as `2022-11-10 02:09:52`; the page says UTC."""
    return (t.astimezone(UTC) if t.tzinfo else t).strftime("%Y-%m-%d %H:%M:%S")


def position(lon: float, lat: float) -> str:
    """Return a position in degrees and minutes to a hundredth (19 m)."""
    return f"{_angle(lat, 'N', 'S', 2)} {_angle((lon + 180) % 360 - 180, 'E', 'W', 3)}"


def _angle(value: float, plus: str, minus: str, digits: int) -> str:
    hundredths = round(abs(value) * 6000)
    return f"{hundredths // 6000:0{digits}d}°{hundredths % 6000 / 100:05.2f}′{plus if value >= 0 else minus}"


def summary(kind: str, hours: float | None, evidence: Evidence, zone_name: str) -> str:
    """Return one sentence that says what was observed."""
    span = length(hours) if hours is not None else "to the end of the data"
    if kind in _MEETINGS:
        spell = f"for {span}" if hours is not None else span
        return f"{_within(kind, evidence)} {spell}: {_MEETINGS[kind]}.{_again(evidence)}{_sheltered(evidence)}"
    if kind == "loitering":
        spell = f"for {span}" if hours is not None else span
        return f"{_slow(evidence)} {spell}: consistent with waiting, or with a meeting whose other side was silent."
    if kind == "gap":
        return f"{_silent(hours, span, evidence)}: {evidence.get('verdict', 'no verdict')}."
    if kind in ("zone_presence", "incursion"):
        who = "A vessel that fishes" if kind == "incursion" else "A ship"
        stay = f"for {span}" if hours is not None else "and still there at the end of the data"
        return f"{who} inside {zone_name or 'a zone'} {stay}. {_crossing(evidence)}"
    if kind == "outage":
        return (
            f"Nothing came {'for ' if hours is not None else ''}{span} from a source that had heard ships just before."
        )
    return f"Observed for {span}." if hours is not None else "Observed, and still open at the end of the data."


_MEETINGS = {
    "rendezvous": "consistent with a ship-to-ship transfer",
    "brief_contact": "consistent with a short transfer, a crew change or pilotage",
    "pair_trawling": "side by side under way, consistent with pair trawling",
    "same_hull": "at one place all along, consistent with one hull with two transponders",
    "attended": "one of them serves ships by trade or manner, consistent with a tug, pilot, bunkering or supply craft",
}


def _within(kind: str, evidence: Evidence) -> str:
    ships = evidence.get("ships")
    count = len(ships) if isinstance(ships, list | tuple) else 2
    who = (
        f"A raft of {count} ships, the first two"
        if count > 2
        else "Two ship numbers"
        if kind == "same_hull"
        else "Two ships"
    )
    median = evidence.get("distance_median_m")
    return f"{who} within {number(median)} m (median)" if isinstance(median, int | float) else f"{who} close together"


def _again(evidence: Evidence) -> str:
    count, hours = evidence.get("contacts_48h_count"), evidence.get("contacts_48h_hours")
    if not isinstance(count, int) or count < 2 or not isinstance(hours, int | float):
        return ""
    return f" One of {count} contacts of these ships within 48 h, {length(hours)} together."


def _sheltered(evidence: Evidence) -> str:
    place = evidence.get("port") or evidence.get("anchorage") or evidence.get("masked")
    return f" Inside a port or anchorage ({place}), where lying close is ordinary." if place else ""


def _slow(evidence: Evidence) -> str:
    ship, spread = evidence.get("ship"), evidence.get("spread_m")
    sort = ship.get("class") if isinstance(ship, Mapping) else None
    who = f"A ship ({sort}) slow at sea" if sort else "A ship slow at sea"
    if not isinstance(spread, int | float):
        return who
    return (
        f"{who}, within {number(spread)} m of one place" if spread < 1000 else f"{who}, within {spread / 1852:.1f} nm"
    )


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
            "found": "No event: no meeting at sea, no loitering, no long silence and no stay in a watched zone met the "
            "thresholds.",
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
