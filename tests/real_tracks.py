"""Meetings planted on real tracks: two real ships moved alongside each other, or one given a companion.

What is planted is only where a ship lay: her times, holes, swinging and the crowd around her are real (Suez roads in
March 2021, the Solent in January 2016). The files hold no dimensions, so distances are between antennas.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA = Path(__file__).parent / "data"
SUEZ = DATA / "tables" / "suez_boat-positions.csv.gz"
SOLENT = DATA / "tracks" / "dstl__SolentAIS_slow.csv.gz"
#: Metres between antennas of two ships made fast to each other.
APART_M = 40.0
HOURS = 7.0


class Fix(NamedTuple):
    """Seconds since 1970, degrees."""

    t: float
    lon: float
    lat: float


Tracks = dict[int, list[Fix]]


@dataclass(frozen=True)
class Planted:
    """Two ships made to lie together, and from when to when (seconds since 1970)."""

    mmsi: tuple[int, int]
    start: float
    end: float


def suez() -> Tracks:
    """The real ships of the Suez roads."""
    tracks: Tracks = {}
    for row in _rows(SUEZ):
        when = datetime.strptime(row["ais_pos_timestamp"], "%d/%m/%Y %H:%M").replace(tzinfo=UTC).timestamp()
        tracks.setdefault(int(row["ID"]), []).append(Fix(when, float(row["longitude"]), float(row["latitude"])))
    return {ship: sorted(fixes) for ship, fixes in tracks.items()}


def solent() -> Tracks:
    """The slower real ships of the Solent."""
    tracks: Tracks = {}
    for row in _rows(SOLENT):
        when = datetime.fromisoformat(row["Time"]).replace(tzinfo=UTC).timestamp()
        fix = Fix(when, float(row["Longitude_degrees"]), float(row["Latitude_degrees"]))
        tracks.setdefault(int(row["MMSI"]), []).append(fix)
    return {ship: sorted(fixes) for ship, fixes in tracks.items()}


def moved_alongside(tracks: Tracks, count: int) -> tuple[Tracks, list[Planted]]:
    """Real ships that lay still for hours, moved in pairs to each other's side for that time and gone otherwise.

    The host keeps her place and track; the guest keeps her times and her own small movements.
    """
    still = _windows(tracks, 0.0, 25.0)
    made, planted, used = dict(tracks), list[Planted](), set[int]()
    for host, (start, fixes) in still.items():
        for guest, (_, others) in still.items():
            there = [fix for fix in others if start <= fix.t <= start + HOURS * 3600]
            near = host == guest or _far(fixes[0], others[0]) < 300.0
            if near or used & {host, guest} or not _whole(there, start, HOURS):
                continue
            used |= {host, guest}
            east, north = _middle(fixes)[0] - _middle(there)[0], _middle(fixes)[1] - _middle(there)[1]
            shifted = [_shifted(Fix(fix.t, fix.lon + east, fix.lat + north), APART_M) for fix in there]
            made[guest] = shifted
            planted.append(_planted(host, guest, fixes, shifted))
        if len(planted) == count:
            break
    return made, planted


def companions(tracks: Tracks, least_m: float, most_m: float, count: int, hours: float) -> tuple[Tracks, list[Planted]]:
    """Invented ships that lie at the side of real ones that swing or drift, and report between their reports."""
    made, planted = dict(tracks), list[Planted]()
    for host, (_, fixes) in islice(_windows(tracks, least_m, most_m, hours).items(), count):
        t, lon, lat = (np.array(column) for column in zip(*fixes, strict=True))
        at = (t[1:] + t[:-1]) / 2.0
        guest = 900_000_000 + host % 1_000_000
        made[guest] = [
            _shifted(Fix(float(when), float(x), float(y)), APART_M)
            for when, x, y in zip(at, np.interp(at, t, lon), np.interp(at, t, lat), strict=True)
        ]
        planted.append(_planted(host, guest, fixes, made[guest]))
    return made, planted


def write(tracks: Tracks, path: Path) -> None:
    """Write tracks as a table: mmsi, t, lon, lat."""
    with path.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["mmsi", "t", "lon", "lat"])
        for ship, fixes in tracks.items():
            for fix in fixes:
                rows.writerow([ship, f"{fix.t:.0f}", f"{fix.lon:.6f}", f"{fix.lat:.6f}"])


def _rows(path: Path) -> Iterator[dict[str, str]]:
    text = gzip.decompress(path.read_bytes()).decode("utf-8-sig")
    yield from csv.DictReader(text.splitlines())


def _windows(tracks: Tracks, least_m: float, most_m: float, hours: float = HOURS) -> dict[int, tuple[float, list[Fix]]]:
    """Each ship's first stretch of so many hours without a long hole in which she strayed so far, with its fixes."""
    found: dict[int, tuple[float, list[Fix]]] = {}
    for ship, fixes in sorted(tracks.items()):
        t = np.array([fix.t for fix in fixes])
        for start in np.arange(t[0], t[-1] - hours * 3600.0 + 1.0, 7200.0):
            cut = [fix for fix in fixes if start <= fix.t <= start + hours * 3600.0]
            if not _whole(cut, float(start), hours):
                continue
            away = [_far(fix, Fix(0.0, *_middle(cut))) for fix in cut]
            if least_m <= np.quantile(away, 0.9) and max(away) <= most_m:
                found[ship] = float(start), cut
                break
    return found


def _whole(fixes: list[Fix], start: float, hours: float) -> bool:
    """Whether there are 20 fixes and no hole of over 40 minutes in so many hours."""
    holes = np.diff([fix.t for fix in fixes], prepend=start, append=start + hours * 3600.0)
    return len(fixes) >= 20 and float(holes.max()) <= 2400.0


def _middle(fixes: list[Fix]) -> tuple[float, float]:
    return float(np.median([fix.lon for fix in fixes])), float(np.median([fix.lat for fix in fixes]))


def _far(a: Fix, b: Fix) -> float:
    """Metres between two fixes, on the plane."""
    return float(np.hypot((a.lon - b.lon) * np.cos(np.radians(a.lat)), a.lat - b.lat)) * 111_120.0


def _shifted(fix: Fix, east_m: float) -> Fix:
    return Fix(fix.t, fix.lon + east_m / 111_120.0 / float(np.cos(np.radians(fix.lat))), fix.lat)


def _planted(host: int, guest: int, fixes: list[Fix], others: list[Fix]) -> Planted:
    a, b = sorted((host, guest))
    return Planted((a, b), max(fixes[0].t, others[0].t), min(fixes[-1].t, others[-1].t))
