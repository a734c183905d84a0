"""`darkwake zones`: the lines and areas by which positions are judged."""

import json
from dataclasses import fields
from pathlib import Path

import click

from darkwake import options


@click.group()
def zones() -> None:
    """List, show and check zones.

    Each with whose line it is, its source, its legal status and which other line disagrees.
    """


@zones.command("list")
@options.zones
def list_(zone_files: tuple[Path, ...]) -> None:
    """List all zones."""
    from darkwake.say import table
    from zones import load_zones

    found = load_zones(zone_files)
    rows = [[zone.id, zone.kind, zone.whose, zone.alert_for, zone.confidence, zone.name] for zone in found.zones]
    click.echo(table(rows, ["id", "kind", "whose line", "alert for", "confidence", "name"]))
    click.echo(f"{len(rows)} zones, version {found.version}, sha256 {found.sha256}")


@zones.command()
@click.argument("zone_id", metavar="ID")
@click.option("--geojson", is_flag=True, help="The geometry, as a GeoJSON feature.")
@options.zones
def show(zone_id: str, geojson: bool, zone_files: tuple[Path, ...]) -> None:
    """Show all that is known of one zone."""
    from difflib import get_close_matches

    from darkwake.say import plain
    from zones import load_zones

    found = {zone.id: zone for zone in load_zones(zone_files).zones}
    if zone_id not in found:
        close = get_close_matches(zone_id, list(found), n=1)
        hint = f"did you mean '{close[0]}'?" if close else "see: darkwake zones list"
        raise click.UsageError(f"there is no zone '{zone_id}'; {hint}")
    zone = found[zone_id]
    if geojson:
        feature = {"type": "Feature", "id": zone.id, "properties": {"name": zone.name}, "geometry": zone.geometry}
        click.echo(json.dumps(feature))
        return
    for item in fields(zone):
        if item.name != "geometry" and not item.name.startswith("_"):
            value = getattr(zone, item.name)
            text = "; ".join(map(str, value)) if isinstance(value, tuple) else "-" if value is None else str(value)
            click.echo(f"{item.name.replace('_', ' '):20} {plain(text) or '-'}")
    click.echo(f"{'geometry':20} {zone.geometry['type']}")


@zones.command()
@click.argument("files", nargs=-1, required=True, type=options.PATH, metavar="FILE...")
def check(files: tuple[Path, ...]) -> None:
    """Check zone files of your own: rings, axes, sources."""
    from darkwake.say import count
    from zones import load_zones

    own = len(load_zones().zones)
    for file in files:
        number = len(load_zones([file]).zones) - own
        click.echo(f"{file}: {count(number, 'zone')}, all good")
