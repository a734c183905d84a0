"""`darkwake watch`: live feeds into a case, looked through as they come."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from darkwake import options

if TYPE_CHECKING:
    from darkwake.serve.server import Server


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@options.case
@click.option(
    "--spool",
    "spool_path",
    type=options.PATH,
    metavar="FOLDER",
    help="Where the raw lines are kept first; by default the case's name with .spool, beside it.",
)
@click.option(
    "--keep", metavar="30d", help="How much of the newest data the case keeps, e.g. 30d or 36h; all by default."
)
@click.option("--keep-size", metavar="20GB", help="How large the case may become; without limit by default.")
@click.option(
    "--keep-spool", metavar="90d", help="How much of the newest lines the spool keeps; as much as the case by default."
)
@click.option(
    "--serve", "address", metavar="HOST:PORT", help="Answer there over HTTP: findings, tracks, health (docs/serve.md)."
)
@click.option("--log-json", is_flag=True, help="Say each thing as a line of JSON: time, level, event, source, text.")
@click.option("--only", multiple=True, metavar="gap,rendezvous", help="These detectors only.")
@click.option("--set", "sets", multiple=True, metavar="detector.field=value", help="One threshold (docs/settings.md).")
@options.zones
@options.lists
@options.config
def watch(
    sources: tuple[str, ...],
    case_path: Path,
    spool_path: Path | None,
    keep: str | None,
    keep_size: str | None,
    keep_spool: str | None,
    address: str | None,
    log_json: bool,
    only: tuple[str, ...],
    sets: tuple[str, ...],
    zone_files: tuple[Path, ...],
    list_files: tuple[Path, ...],
    config: Path | None,
) -> int:
    """Take live feeds into a case and find events as lines come.

    Each line goes to a spool first, and from there into the case.

    SOURCE is udp://HOST:PORT or tcp-listen://HOST:PORT to wait for senders; tcp://HOST:PORT, gpsd://HOST, ws://HOST/PATH,
    wss://HOST/PATH (aisstream+wss://HOST/PATH with a key in AISSTREAM_API_KEY), mqtt://HOST/TOPIC or kafka://HOST/TOPIC
    to call a server; file:PATH, or file:PATH?speed=60 at sixty times its own pace; - for standard input. Lines are NMEA
    or JSON. One without a receive time gets the time at which it came. SIGTERM or Ctrl-C ends the watch once all that
    came is in the case, within 10 s; the same command goes on. The events are those of darkwake run on the spool.

    With --serve it answers over HTTP: what it found and heard, how it is, figures for Prometheus; beyond this machine
    only to those who show the token in DARKWAKE_TOKEN. With --keep or --keep-size old data go, but for what events
    stand on; what comes later than that is a reject.
    """
    from ais.feeds.address import Address
    from darkwake import __version__
    from darkwake.alerts.rules import check_zones
    from darkwake.alerts.teller import Teller, outbox_of
    from darkwake.case import Case
    from darkwake.clock import now
    from darkwake.commands.detect import choose
    from darkwake.keep import Keep
    from darkwake.log import Said, as_json, as_text
    from darkwake.settings import Settings, check, load
    from darkwake.watch import Watch

    settings = load(config)
    wanted = choose(settings, only=only, from_=None, to=None, sets=sets)
    case = Case(case_path, [*settings.zones, *zone_files], [*settings.lists, *list_files])
    spool = spool_path or case_path.with_name(case_path.name.removesuffix(".duckdb") + ".spool")
    addresses = [Address.of(text) for text in sources]
    said = {"keep": keep, "keep_size": keep_size, "keep_spool": keep_spool}
    kept = Keep.of(*({**said, **settings.watch, **{name: one for name, one in said.items() if one}}.values()))
    detectors = Settings(detectors=check(wanted.settings, "settings")).make(wanted.only)

    key = os.environ.get("AISSTREAM_API_KEY", "")

    def say(text: str) -> None:
        click.echo((as_json if log_json else as_text)(text, now()), err=True)

    teller = None
    if settings.alerts:
        check_zones(settings.alerts, {zone.id for zone in case.zones.zones})
        teller = Teller(settings.alerts, outbox_of(case.path), case.lists, now, say)

    def serve(watched: Watch) -> Server:
        from darkwake.serve.server import Server, live_of

        assert address is not None
        return Server(live_of(watched, lambda: case.lists), address, os.environ.get("DARKWAKE_TOKEN", ""))

    given = (case.path, spool, addresses, case.zones, detectors, __version__, now, say, key, teller, kept)
    try:
        Watch(*given, serve if address else None).run()
    except (ValueError, OSError) as error:
        if not log_json:
            raise
        say(Said(str(error), "stopped", "error"))
        return 1
    return 0
