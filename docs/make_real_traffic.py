"""Write docs/real_traffic.md, every meeting that is told of real, innocent traffic: python docs/make_real_traffic.py.

What the tracks show was said by somebody who looked at them, by the ships. A meeting of ships that nobody looked at
stops the script, and a test compares the page with the code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from darkwake import Case

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "tests" / "data"
LIKELY = 0.5
Ships = tuple[int, ...]


@dataclass(frozen=True)
class File:
    """A file of real traffic, how it is read, and what its meetings were.

    Attributes:
        title: Where and when.
        about: What the file holds.
        path: The file.
        options: How to read it.
        seen: By ships, what their tracks show and what that makes of the kind.
    """

    title: str
    about: str
    path: Path
    options: Mapping[str, Any]
    seen: Mapping[Ships, str]


_QUAY = (
    "Five ships (2, 5, 10, 20, 104) came one after the other to the same 350 m, lay for many hours without moving, and "
    "went: berths of one quay. The lists of ports that come with darkwake end at East Asia; of a port that they "
    "know, such contacts are lowered. Innocent; a meeting by its rule"
)
_ADABIYA = (
    "72 lay for three days without moving; 131, 74 and 211 came in turn to a place 200 m from her, each when the one "
    "before had gone: the next berth. Innocent; never alongside, so scored low"
)
_SERVES = "143 and 146 lie together at the head of the bay between their calls and go out to ship after ship"
_ROADS = (
    "Two at anchor in the roads, swinging 400-500 m apart, away from the crowd. Innocent; a meeting by "
    "the letter of its 500 m, never alongside, so scored low"
)
SUEZ = File(
    title="Suez roads and canal, 19-24 March 2021",
    about="256 ships of the Suez sample of movingpandas, many of them waiting behind the Ever Given from the 23rd on; "
    "no types, no dimensions, no speeds, minutes only. It names no time zone: a ship (235) stops across the canal at "
    "30.0176 N at 05:47 of its 23rd, as the Ever Given did by UTC",
    path=DATA / "tables" / "suez_boat-positions.csv.gz",
    options={
        "columns": {"mmsi": "ID", "t": "ais_pos_timestamp", "lon": "longitude", "lat": "latitude"},
        "time_format": "%d/%m/%Y %H:%M",
        "time_zone": "UTC",
    },
    seen={
        (143, 146): f"{_SERVES}: harbour or bunkering craft at their berth. Right",
        (92, 143): "143 lies by a ship at anchor as the data begin, and goes on to her berth: one of her calls. Right",
        (143, 168): "One of the calls of 143 at ships at anchor. Right",
        (143, 201): "One of the calls of 143 at ships at anchor. Right",
        (94, 146): "One of the calls of 146 at ships at anchor. Right",
        (125, 146): "One of the calls of 146 at ships at anchor. Right",
        (146, 198): "One of the calls of 146 at ships at anchor. Right",
        (77, 89): "Made fast near each other when the data begin, neither moved 10 m in 31 h; then 77 sailed alone. "
        "Neither was seen to come. Innocent; a meeting by its rule: without types or a list of the port nothing in "
        "the data says more",
        (10, 20): _QUAY,
        (2, 104): _QUAY,
        (5, 104): _QUAY,
        (72, 74): _ADABIYA,
        (72, 131): _ADABIYA,
        (72, 211): _ADABIYA,
        (8, 168): "Both went into the canal with the convoy of the 23rd and lay 300 m apart in it for the rest of the "
        "data, as the Ever Given (235) lay across ahead of them. Innocent; never alongside, so scored low",
        (94, 125): _ROADS,
        (44, 94): _ROADS,
    },
)
SOLENT = File(
    title="The Solent, 12 January 2016, 13:02 to 14:26",
    about="the 21 slower ships of an hour and a half off Portsmouth, from dstl's Stone Soup; no types, no dimensions",
    path=DATA / "tracks" / "dstl__SolentAIS_slow.csv.gz",
    options={
        "columns": {"mmsi": "MMSI", "t": "Time", "lon": "Longitude_degrees", "lat": "Latitude_degrees",
                    "sog_kn": "SOG_knots", "cog_deg": "COG_degrees"},
    },
    seen={
        (235070762, 311855000): "235070762 met a ship that came in from sea, went with her at 6 kn, 90 m off, to her "
        "berth and stayed: a tug. She sends no type in this file, so `attended` cannot be told. Right by what was sent",
        (235072757, 311855000): "The second tug of the same ship. Right by what was sent",
        (235072757, 235074703): "The tug, and another craft that moved along the quay to her. Right by what was sent",
        (212890000, 235051664): "A small craft alongside a ship at her berth, who left after 80 minutes: too short for "
        "a meeting. Right by what was sent",
    },
)  # fmt: skip
FILES = (SUEZ, SOLENT)
_HEAD = """# Meetings in real traffic

Made by `python docs/make_real_traffic.py` from two files of real and, as far as is known, innocent traffic. Every event
of the detector of meetings is listed, and its ships' tracks were looked at. Real files are poor: neither says what the
ships are. Scores are those of the rules ([settings](settings.md)); times are UTC, distances between antennas.

What must be found in the same crowd is planted by tests: six pairs of real Suez ships moved alongside each other, and
companions at the side of eight that swing ([tests/test_real_tracks.py](../tests/test_real_tracks.py)).
"""


class NotLookedAt(ValueError):
    """Ships are told to have met whose tracks nobody has looked at."""


def meetings(file: File, folder: Path) -> list[dict[str, Any]]:
    """Return the events of meetings in a file."""
    case = Case(folder / "case.duckdb")
    case.ingest(file.path, raw=False, **file.options)
    case.detect(only=["rendezvous"])
    return case.records()


def likely(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the meetings that are scored as transfers rather than not."""
    return [event for event in events if event["kind"] == "rendezvous" and event["score"] > LIKELY]


def section(file: File, events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the part of the page on one file.

    Raises:
        NotLookedAt: Nobody has looked at the tracks of ships that met.
    """
    counts = {kind: sum(event["kind"] == kind for event in events) for kind in sorted({one["kind"] for one in events})}
    told = ", ".join(f"{count} `{kind}`" for kind, count in counts.items())
    lines = [f"## {file.title}", "", f"{file.about[:1].upper()}{file.about[1:]}.", ""]
    lines += [f"Told: {told}; {len(likely(events))} `rendezvous` scored over {LIKELY}.", ""]
    lines += [
        "| kind | ships | from | hours | m, median | score | what the tracks show |",
        "|---|---|---|---|---|---|---|",
    ]
    shown: dict[str, str] = {}
    for event in sorted(events, key=lambda one: (one["kind"], -one["score"], one["start"], one["mmsi"])):
        ships, said = tuple(event["mmsi"]), event["evidence"]
        if ships not in file.seen:
            raise NotLookedAt(f"ships {ships} of {file.path.name} met ({event['kind']}): look, and say what you saw")
        seen, named = file.seen[ships], ", ".join(map(str, ships))
        words = f"as {shown[seen]} above" if seen in shown else f"{seen}."
        shown.setdefault(seen, named)
        lines.append(
            f"| `{event['kind']}` | {named} | {event['start']:%d %H:%M} | {said['hours']:.1f} "
            f"| {said['distance_median_m']} | {event['score']} | {words} |"
        )
    return [*lines, ""]


def page(events: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """Return the page, given the events of each file by its title."""
    parts = [_HEAD, *(line for file in FILES for line in section(file, events[file.title]))]
    return "\n".join(parts).rstrip() + "\n"


def main() -> None:
    """Search both files and write the page."""
    found = {}
    for file in FILES:
        with TemporaryDirectory() as folder:
            found[file.title] = meetings(file, Path(folder))
    (HERE / "real_traffic.md").write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
