"""What may keep darkwake from its work: packages, settings, room, and the state of a case. Nothing is changed."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ais.reader import Reader
    from darkwake.alerts.rules import Rule
    from darkwake.settings import Settings

State = Literal["ok", "note", "bad"]
_EXTRAS = {
    "live": (("websockets", "paho-mqtt"), "WebSocket and MQTT feeds"),
    "kafka": (("aiokafka",), "Kafka feeds"),
    "alerts": (("apprise",), "alerts by Apprise's channels"),
    "serve": (("starlette", "uvicorn"), "the live page"),
}
LOW_BYTES = 2_000_000_000  # of room: some hours of a busy feed
OLD_H = 1.0  # of the newest line of a case that a watch holds


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: What was looked at.
        state: ``ok``, ``note`` (works, but know it) or ``bad``.
        said: What was found, and what to do.
    """

    what: str
    state: State
    said: str


def examine(case: Path | None, config: Path | None, now: datetime) -> list[Finding]:
    """Look at all there is.

    Args:
        case: A case to look at too.
        config: The settings file; otherwise ./darkwake.toml if there.
        now: The time, UTC.
    """
    return [*_packages(), *_settings(config), _room(case), *(_case(case, now) if case else ())]


def _packages() -> Iterator[Finding]:
    yield Finding("Python", "ok", f"{sys.version.split()[0]} at {sys.executable}")
    missing, versions = [], []
    for text in metadata.requires("darkwake") or ():
        name = text.split(";")[0].split(">")[0].split("=")[0].split("<")[0].strip()
        if "extra ==" in text:
            continue
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        yield Finding("packages", "bad", f"not installed: {', '.join(missing)}; install darkwake anew")
    else:
        yield Finding("packages", "ok", ", ".join(versions))
    for extra, (names, use) in _EXTRAS.items():
        lacks = [name for name in names if not _is_installed(name)]
        if lacks:
            yield Finding(f"extra {extra}", "note", f'{use} need it: pip install "darkwake[{extra}]"')
        else:
            yield Finding(f"extra {extra}", "ok", use)


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _settings(config: Path | None) -> Iterator[Finding]:
    from darkwake.settings import SettingsError, load

    try:
        settings = load(config)
    except (SettingsError, OSError) as error:
        yield Finding("settings", "bad", str(error))
        return
    yield Finding("settings", "ok", _in_use(settings))
    yield _tried("detectors", lambda: f"{len(settings.make())} with their thresholds")
    yield _tried("zones", lambda: _zones(settings))
    for rule in settings.alerts:
        yield _tried(f"alerts of {rule.name}", partial(_channel, rule))


def _in_use(settings: Settings) -> str:
    parts = []
    if settings.detectors:
        parts.append(f"thresholds of {', '.join(sorted(settings.detectors))}")
    for name, items in (
        ("zone files", settings.zones),
        ("lists", settings.lists),
        ("rules of alerts", settings.alerts),
    ):
        if items:
            parts.append(f"{len(items)} {name}")
    return "; ".join(parts) or "all as they come"


def _zones(settings: Settings) -> str:
    from darkwake.alerts.rules import check_zones
    from zones import load_zones

    found = load_zones(settings.zones)
    check_zones(settings.alerts, {zone.id for zone in found.zones})
    return f"{len(found.zones)}, hash {found.sha256[:12]}"


def _channel(rule: Rule) -> str:
    from darkwake.alerts.send import channel

    channel(rule)
    return "a webhook" if rule.is_webhook else "a channel of Apprise's"


def _tried(what: str, work: Callable[[], str]) -> Finding:
    """Return what a piece of work says, or how it fails: settings, zones and lists raise sentences."""
    try:
        return Finding(what, "ok", work())
    except (ValueError, OSError) as error:
        return Finding(what, "bad", str(error))


def _room(case: Path | None) -> Finding:
    folder = (case or Path("x")).absolute().parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("room", "bad", f"{folder}: {error.strerror}")
    said = f"{free / 1e9:.1f} GB free in {folder}"
    return Finding("room", "ok", said) if free >= LOW_BYTES else Finding("room", "bad", f"{said}; make some")


def _case(path: Path, now: datetime) -> Iterator[Finding]:
    from ais.reader import Reader
    from ais.serve import Remote
    from ais.store import CaseError

    held = Remote.connect(path.expanduser().resolve()) is not None
    try:
        with Reader.open(path) as reader:
            yield Finding(
                "case", "ok", f"{_size(path)}; {'held by a writer that answers' if held else 'held by nobody'}"
            )
            yield from _contents(reader, held, now)
    except (CaseError, ValueError, OSError) as error:
        yield Finding("case", "bad", str(error))
    yield from _beside(path)


def _contents(reader: Reader, held: bool, now: datetime) -> Iterator[Finding]:
    from detectors.ledger import not_looked_at

    sql = "SELECT count(*) AS n, count(*) FILTER (NOT complete) AS open, max(last_t) AS newest FROM inputs"
    (row,) = reader.query(sql).to_pylist()
    inputs = f"{row['n']:,} inputs" + (f", {row['open']:,} of them not whole" if row["open"] else "")
    yield Finding("inputs", "note" if row["open"] and not held else "ok", inputs)
    missing = not_looked_at(reader)
    yield Finding("detection", "note" if missing else "ok", missing or "has looked at all of it")
    if row["newest"] is not None:
        hours = (now - row["newest"].replace(tzinfo=UTC)).total_seconds() / 3600
        state: State = "note" if held and hours > OLD_H else "bad" if hours < -OLD_H else "ok"
        yield Finding("newest line", state, f"{row['newest']:%Y-%m-%d %H:%M} UTC" + _age(hours))


def _age(hours: float) -> str:
    if hours < -OLD_H:
        return ", in the future: look at this machine's clock and at the receivers'"
    return f", {hours:,.1f} h ago"


def _beside(path: Path) -> Iterator[Finding]:
    """Look at what a watch keeps beside a case."""
    from darkwake.alerts.teller import outbox_of

    spool = path.with_name(path.name.removesuffix(".duckdb") + ".spool")
    if spool.is_dir():
        size = sum(file.stat().st_size for file in spool.rglob("*") if file.is_file())
        yield Finding("spool", "ok", f"{size / 1e9:.2f} GB in {spool}")
    outbox = outbox_of(path)
    if outbox.is_file():
        try:
            con = sqlite3.connect(f"{outbox.absolute().as_uri()}?mode=ro", uri=True)
            try:
                sql = "SELECT count(*), coalesce(max(tries), 0) FROM messages WHERE state = 'waiting'"
                waiting, tries = con.execute(sql).fetchone()
            finally:
                con.close()
        except sqlite3.Error as error:
            yield Finding("outbox of alerts", "bad", f"{outbox} cannot be read ({error})")
        else:
            state: State = "note" if tries else "ok"
            yield Finding("outbox of alerts", state, f"{waiting:,} wait, tried up to {tries} times")


def _size(path: Path) -> str:
    return f"{path.stat().st_size / 1e6:,.1f} MB"
