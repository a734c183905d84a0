"""Settings: darkwake.toml and `--set`, strict to the key and the type.

The file holds `zones` and `lists` (paths, from the file's own folder), the tables `ingest` and `watch` (options of
these commands), tables `alerts` (one rule of an alert each) and a table per detector whose keys are that detector's
fields. A key that nobody reads is an error
that names its nearest: a threshold that is silently ignored would be a wrong finding.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from darkwake.alerts.rules import Rule

DEFAULT_FILE = Path("darkwake.toml")
_NEEDED: Mapping[Any, str] = {float: "a number", int: "a whole number", bool: "true or false", str: "a text in quotes"}
INGEST_KEYS = {
    "format": str,
    "columns": dict[str, str],
    "time_format": str,
    "time_zone": str,
    "start_time": str,
    "clock_offset_s": float,
    "raw": bool,
}
WATCH_KEYS = {"keep": str, "keep_size": str, "keep_spool": str}


class SettingsError(ValueError):
    """A setting is unknown, has the wrong type, or cannot be read; the message says which and where."""


@dataclass(frozen=True)
class Settings:
    """What the user set; empty means every default."""

    zones: tuple[Path, ...] = ()
    lists: tuple[Path, ...] = ()
    ingest: Mapping[str, Any] = field(default_factory=dict)
    watch: Mapping[str, Any] = field(default_factory=dict)
    detectors: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    alerts: "tuple[Rule, ...]" = ()

    def with_sets(self, sets: Iterable[str]) -> "Settings":
        """Return these settings with `detector.field=value` texts laid over them."""
        merged = {name: dict(values) for name, values in self.detectors.items()}
        for text in sets:
            name, key, value = _split_set(text)
            merged.setdefault(name, {})[key] = value
        return replace(self, detectors=check(merged, "--set"))

    def make(self, only: Iterable[str] = ()) -> dict[str, Any]:
        """Return the detectors, by name, with these settings; all, or `only` those named and those that they read.

        Raises:
            SettingsError: A name in `only` is no detector, or a detector refuses its settings.
        """
        from detectors import discover
        from detectors.contract import check as check_values

        found = discover()
        wanted = list(only) or list(found)
        for name in wanted:
            if name not in found:
                raise SettingsError(f"--only: there is no detector '{name}'{nearest(name, found)}")
        made = {}
        for name in dict.fromkeys(one for asked in wanted for one in (*found[asked].reads, asked)):
            try:
                made[name] = found[name](**self.detectors.get(name, {}))
                check_values(made[name])
            except ValueError as error:
                raise SettingsError(str(error)) from error
        return made


def load(path: Path | None) -> Settings:
    """Read a settings file; without a path, ./darkwake.toml where there is one.

    Raises:
        SettingsError: The file is not there, is not TOML, or holds a key or type that nobody reads.
    """
    if path is None:
        if not DEFAULT_FILE.is_file():
            return Settings()
        path = DEFAULT_FILE
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(f"there is no settings file {path}; check the path given to --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is not TOML: {error}") from None
    where = str(path)
    zones, lists = (_paths(data.pop(name, []), path, name) for name in ("zones", "lists"))
    ingest = _options(data.pop("ingest", {}), "ingest", INGEST_KEYS, where)
    watch = _options(data.pop("watch", {}), "watch", WATCH_KEYS, where)
    alerts = _alerts(data.pop("alerts", []), where)
    return Settings(zones, lists, ingest, watch, check(data, where) if data else {}, alerts)


def _alerts(tables: object, where: str) -> "tuple[Rule, ...]":
    if not tables:
        return ()
    from darkwake.alerts.rules import read_rules

    return read_rules(tables, where)


def _paths(values: object, path: Path, name: str) -> tuple[Path, ...]:
    """Return the files that a settings file names, from its own folder."""
    return tuple(path.parent / one for one in converted(values, list[str], f"{path}: {name}"))


def _options(values: object, name: str, keys: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the table of a command's options with every key known and every value of its type."""
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: {name} is a table, [{name}]")
    for key in values:
        if key not in keys:
            raise SettingsError(f"{where}: [{name}] has no setting '{key}'{nearest(key, keys)}")
    return {key: converted(value, keys[key], f"{where}: [{name}] {key}") for key, value in values.items()}


def check(sections: Mapping[str, object], where: str) -> dict[str, dict[str, object]]:
    """Return the detector sections with every key known and every value of its field's type."""
    from detectors import discover

    found = discover()
    checked: dict[str, dict[str, object]] = {}
    for name, values in sections.items():
        if name not in found:
            known = [*found, "alerts", "ingest", "lists", "watch", "zones"]
            raise SettingsError(f"{where}: there is no section or setting '{name}'{nearest(name, known)}")
        if not isinstance(values, dict):
            raise SettingsError(f"{where}: {name} is a table, [{name}]")
        types = get_type_hints(found[name])
        known = [item.name for item in fields(found[name]) if item.init]  # type: ignore[arg-type]
        for key, value in values.items():
            if key not in known:
                raise SettingsError(f"{where}: {name} has no setting '{key}'{nearest(key, known)}")
            checked.setdefault(name, {})[key] = converted(value, types[key], f"{where}: {name}.{key}")
    return checked


def converted(value: object, kind: Any, where: str) -> Any:
    """Return a value as its declared type; whole numbers serve as decimals, nothing else is guessed."""
    import msgspec

    try:
        done = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        needed = _NEEDED.get(kind)
        said = f"{needed} is needed" if needed else f"{str(error)[:1].lower()}{str(error)[1:]}"
        raise SettingsError(f"{where} = {value!r}: {said}") from None
    if isinstance(done, float) and not math.isfinite(done):
        raise SettingsError(f"{where} = {value!r}: a finite number is needed")
    return done


def _split_set(text: str) -> tuple[str, str, object]:
    """Take `detector.field=value` apart; the value is read as TOML, or as plain text where it is none."""
    path, equals, raw = text.partition("=")
    name, dot, key = path.strip().partition(".")
    if not (equals and dot and name and key):
        raise SettingsError(f"--set {text}: write it as detector.field=value, for example gap.min_hours=4")
    try:
        value: object = tomllib.loads(f"value = {raw.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        value = raw.strip()
    return name, key.strip(), value


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the hint that ends an unknown-key message."""
    names = sorted(known)
    close = get_close_matches(word, names, n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(names)}"
