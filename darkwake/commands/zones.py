"""`darkwake zones`: the lines and areas by which positions are judged."""

import json
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
    from zones import load_zones, zone_rows
    from zones.show import COLUMNS

    found = load_zones(zone_files)
    head = [name.replace("_", " ") for name in COLUMNS]
    click.echo(table([[row[key] for key in COLUMNS] for row in zone_rows(found)], head))
    click.echo(f"{len(found.zones)} zones, version {found.version}, sha256 {found.sha256}")


@zones.command()
@click.argument("zone_id", metavar="ID")
@click.option("--geojson", is_flag=True, help="As a GeoJSON feature, its shape included.")
@options.zones
def show(zone_id: str, geojson: bool, zone_files: tuple[Path, ...]) -> None:
    """Show all that is known of one zone."""
    from difflib import get_close_matches

    from darkwake.say import plain
    from zones import load_zones, zone_text
    from zones.show import zone_json

    found = {zone.id: zone for zone in load_zones(zone_files).zones}
    if zone_id not in found:
        close = get_close_matches(zone_id, list(found), n=1)
        hint = f"did you mean '{close[0]}'?" if close else "see: darkwake zones list"
        raise click.UsageError(f"there is no zone '{zone_id}'; {hint}")
    if geojson:
        click.echo(json.dumps(zone_json(found[zone_id])))
        return
    for line in zone_text(found[zone_id]).splitlines():
        click.echo(plain(line, keep_spaces=True))


@zones.command()
@click.option(
    "--format", "format_", type=click.Choice(["geojson", "csv", "parquet"]), default="geojson", show_default=True
)
@click.option("-o", "--output", type=options.PATH, required=True, metavar="FILE", help="The file to write.")
@options.zones
def export(format_: str, output: Path, zone_files: tuple[Path, ...]) -> None:
    """Write all zones for other programs, with their source and the time of making."""
    from darkwake import __version__, formats
    from darkwake.clock import now
    from darkwake.files import write_whole
    from maps.exports import zones_geojson, zones_table
    from zones import load_zones

    found = load_zones(zone_files)
    zone_set = f"{found.version}, sha256 {found.sha256}; darkwake {__version__}"
    about = {"zone_set": zone_set, "made": f"{now():%Y-%m-%dT%H:%M:%SZ}"}
    if format_ == "geojson":
        write_whole(output, (zones_geojson(found, about) + "\n").encode())
    else:
        write = formats.table_csv if format_ == "csv" else formats.as_parquet
        write_whole(output, write(zones_table(found), about))
    click.echo(f"Zones: {output}")


@zones.command()
@click.argument("files", nargs=-1, required=True, type=options.PATH, metavar="FILE...")
def check(files: tuple[Path, ...]) -> int:
    """Check zone files of your own: rings, axes, sources."""
    from darkwake.say import count, plain
    from zones import check_file, read_zones

    bad = 0
    for file in files:
        faults = check_file(file)
        bad += bool(faults)
        for fault in faults:
            click.echo(f"darkwake: {plain(fault)}", err=True)
        if not faults:
            click.echo(f"{file}: {count(len(read_zones(file)[1]), 'zone')}, all good")
    return min(bad, 1)
