"""`darkwake contacts`: whom a ship met, and whom those met, each with the event behind it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from darkwake import options

if TYPE_CHECKING:
    from detectors.contacts import Contacts, Link

Ships = Mapping[int, Mapping[str, Any]]
_CAVEAT = (
    "A meeting is a lead: AIS shows no cargo. Ships are named, and matched with lists, by what they say of themselves."
)


@click.command()
@options.case
@click.option("--mmsi", type=int, required=True, metavar="M", help="The ship.")
@click.option(
    "--days",
    type=click.FloatRange(0, 36_500),
    default=180,
    show_default=True,
    metavar="D",
    help="Meetings of so many days before the end of the data.",
)
@click.option(
    "--hops",
    type=click.IntRange(1, 10),
    default=2,
    show_default=True,
    metavar="N",
    help="How far to follow: 1 for the ships it met, 2 for those that these met too.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to write them.",
)
@options.zones
@options.lists
@options.config
def contacts(
    case_path: Path,
    mmsi: int,
    days: float,
    hops: int,
    format_: str,
    zone_files: tuple[Path, ...],
    list_files: tuple[Path, ...],
    config: Path | None,
) -> None:
    """Show whom a ship met, and whom those met.

    Each link has the event behind it; from the second on it says whether it lies before or after the one that leads
    to it, because cargo moves one way. Ships come with names, flag by number, and the lists that they are on.
    """
    from darkwake.case import Case
    from darkwake.settings import load
    from detectors.contacts import find_contacts
    from detectors.list_matches import match_lists
    from maps.ships import read_ships

    settings = load(config)
    case = Case(case_path, [*settings.zones, *zone_files], [*settings.lists, *list_files])
    options.read_lists(case)
    with case.reader() as reader:
        zones = {zone.id: zone.name for zone in case.zones_shown(reader).zones}
        found = find_contacts(reader, mmsi, days=days, hops=hops)
        matches = match_lists(reader, case.lists)
        near = found.nearness()
        ships = {int(str(ship["mmsi"])): ship for ship in read_ships(reader, near, matches)}
    options.say_what_is_missing(case)
    if format_ == "json":
        listed = {ship: [match.as_json() for match in matches.get(ship, ())] for ship in near}
        click.echo(_as_json(found, ships, listed, zones))
    elif format_ == "csv":
        click.echo(_as_csv(found, ships, zones), nl=False)
    else:
        click.echo(_as_table(found, ships, zones))


def _as_json(found: Contacts, ships: Ships, listed: Mapping[int, object], zones: Mapping[str, str]) -> str:
    from darkwake.formats import time_text

    told = {
        "mmsi": found.mmsi,
        "since": time_text(found.since),
        "until": time_text(found.until),
        "hops": found.hops,
        "ships": [
            {
                "mmsi": mmsi,
                "hop": hop,
                "names": _names(ships[mmsi]),
                "flag": ships[mmsi]["flag"],
                "listed": listed[mmsi],
            }
            for mmsi, hop in found.nearness().items()
        ],
        "contacts": [{**link.as_json(), "where": _where(link, zones)} for link in found.links],
    }
    return json.dumps(told, ensure_ascii=False, indent=1)


def _as_csv(found: Contacts, ships: Ships, zones: Mapping[str, str]) -> str:
    """Return a row per link with both ships' facts; no cell is a formula."""
    from darkwake.formats import inert
    from darkwake.say import plain

    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    facts = ("mmsi", "names", "flag", "listed")
    rest = ("event", "kind", "start", "end", "hours", "score", "lon", "lat", "where", "order", "via")
    write(["hop", *facts, *(f"met_{fact}" for fact in facts), *rest])
    for link in found.links:
        row = {**link.as_json(), "where": _where(link, zones), "via": ";".join(link.via)}
        cells: list[object] = [link.hop]
        for mmsi in link.ships:
            ship = ships[mmsi]
            cells += [mmsi, "; ".join(_names(ship)), ship["flag"], " | ".join(ship["listed"])]
        cells += [row[key] for key in rest]
        write([inert(plain(cell)) if isinstance(cell, str) else cell for cell in cells])
    return out.getvalue()


def _as_table(found: Contacts, ships: Ships, zones: Mapping[str, str]) -> str:
    """Return the links, then who their ships are."""
    from darkwake.say import plain, table

    asked = f"{_called(found.mmsi, ships)}, {ships[found.mmsi]['flag']}"
    if found.since is None or found.until is None:
        return plain(f"no meeting of {asked}: the case holds no time")
    span = f"between {found.since:%Y-%m-%d %H:%M} and {found.until:%Y-%m-%d %H:%M} UTC, the end of the data"
    if not found.links:
        who = table([_ship_row(found.mmsi, 0, ships)], _SHIP_HEAD)
        return f"{plain(f'no meeting of {asked} {span}')}\n\n{who}"
    met = table([_link_row(link, ships, zones) for link in found.links], _LINK_HEAD)
    who = table([_ship_row(mmsi, hop, ships) for mmsi, hop in found.nearness().items()], _SHIP_HEAD)
    return f"{plain(f'Meetings of {asked}, {span}')}\n\n{met}\n\n{who}\n\n{_CAVEAT}"


_LINK_HEAD = (
    "hop",
    "ship",
    "met",
    "kind",
    "start (UTC)",
    "end",
    "hours",
    "score",
    "in time",
    "where",
    "event",
)
_SHIP_HEAD = ("hop", "ship", "names", "flag", "lists")


def _link_row(link: Link, ships: Ships, zones: Mapping[str, str]) -> Sequence[str]:
    first, second = (_called(mmsi, ships) for mmsi in link.ships)
    return [
        str(link.hop),
        first,
        second,
        link.kind,
        f"{link.start:%Y-%m-%d %H:%M}",
        f"{link.end:%Y-%m-%d %H:%M}" if link.end else "open",
        "" if link.hours is None else f"{link.hours:.1f}",
        f"{link.score:.2f}",
        f"{link.order} hop {link.hop - 1}" if link.order else "",
        _where(link, zones),
        link.event,
    ]


def _ship_row(mmsi: int, hop: int, ships: Ships) -> Sequence[str]:
    ship = ships[mmsi]
    return [
        str(hop),
        str(mmsi),
        "; ".join(_names(ship)) or "none sent",
        ship["flag"],
        " | ".join(ship["listed"]) or "none",
    ]


def _names(ship: Mapping[str, Any]) -> list[str]:
    """Return the names that a ship sent, the latest first."""
    return list(ship["said"].get("name", []))


def _called(mmsi: int, ships: Ships) -> str:
    names = _names(ships[mmsi])
    return f"{names[0]} ({mmsi})" if names else str(mmsi)


def _where(link: Link, zones: Mapping[str, str]) -> str:
    """Return where an event was: its named places, else its zones, and its position."""
    places = [f"{key} {zones.get(value, value)}" for key, value in link.place]
    named = places or [zones.get(zone, zone) for zone in link.zones]
    return ", ".join([*named, f"{link.lat:.4f} {link.lon:.4f}"])
