"""Rules of alerts: which events go where.

A rule is a table `[[alerts]]` of darkwake.toml. It names a channel, and what an event must be for it: of some kinds,
in some zones, of some ships, with a score, with a ship on a list. What it leaves out, it does not ask for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from darkwake.settings import SettingsError, converted, nearest

_WEBHOOK = ("webhook+http", "webhook+https")
_NAME = re.compile(r"[\w-]{1,40}")


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        name: What it is called in logs and messages; letters, digits, hyphens.
        to: The channel: webhook+https://... or a URL of Apprise's.
        to_env: The variable of the environment that holds the channel, in place of `to`: a channel's URL is a secret.
        kinds: Kinds of event; empty for all.
        zones: Zones of which an event must be in one; empty for anywhere.
        mmsi: Ships of which one must take part; empty for any.
        listed: Whether one of its ships must be on a list.
        min_score: Least score.
        per_hour: Messages in an hour at most; others wait, and those that are outdated meanwhile are not sent.
        secret_env: The variable that holds the key which signs a webhook's messages (`whsec_` and base64).
    """

    name: str
    to: str = ""
    to_env: str = ""
    kinds: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    mmsi: tuple[int, ...] = ()
    listed: bool = False
    min_score: float = 0.0
    per_hour: int = 60
    secret_env: str = ""

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Say whether an event, with its `listed` evidence, is one to tell."""
        return (
            (not self.kinds or event["kind"] in self.kinds)
            and (not self.zones or not set(self.zones).isdisjoint(event["zones"]))
            and (not self.mmsi or not set(self.mmsi).isdisjoint(event["mmsi"]))
            and (not self.listed or bool(event["evidence"].get("listed")))
            and event["score"] >= self.min_score
        )

    @property
    def address(self) -> str:
        """The channel's URL.

        Raises:
            SettingsError: The variable that should hold it is empty.
        """
        return self.to or _variable(self.to_env, self.name)

    @property
    def key(self) -> str:
        """The key that signs; empty for none.

        Raises:
            SettingsError: The variable that should hold it is empty.
        """
        return _variable(self.secret_env, self.name) if self.secret_env else ""

    @property
    def is_webhook(self) -> bool:
        """Whether the channel is a webhook of the user's own."""
        return urlsplit(self.address).scheme in _WEBHOOK


def _variable(name: str, rule: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SettingsError(f"alerts: {rule} wants the variable {name} of the environment, which is empty")
    return value


def read_rules(tables: object, where: str) -> tuple[Rule, ...]:
    """Return the rules of a settings file, every key known and every value of its type.

    Raises:
        SettingsError: A rule is none; the message says which and why.
    """
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"{where}: alerts are tables, each headed [[alerts]]")
    rules = tuple(_rule(table, f"{where}: alerts {number}") for number, table in enumerate(tables, 1))
    names = [rule.name for rule in rules]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"{where}: two alerts are named '{name}'; give each a name of its own")
    return rules


def _rule(table: Mapping[str, object], where: str) -> Rule:
    types = {
        "name": str,
        "to": str,
        "to_env": str,
        "kinds": list[str],
        "zones": list[str],
        "mmsi": list[int],
        "listed": bool,
        "min_score": float,
        "per_hour": int,
        "secret_env": str,
    }
    assert types.keys() == {one.name for one in fields(Rule)}
    for key in table:
        if key not in types:
            raise SettingsError(f"{where} has no setting '{key}'{nearest(key, types)}")
    made: dict[str, Any] = {}
    for key, value in table.items():
        done = converted(value, types[key], f"{where}, {key}")
        made[key] = tuple(done) if isinstance(done, list) else done
    rule = Rule(**{"name": ""} | made)
    _check(rule, where)
    return rule


def _check(rule: Rule, where: str) -> None:
    if not _NAME.fullmatch(rule.name):
        raise SettingsError(f"{where}: name is needed: letters, digits and hyphens, at most 40")
    if bool(rule.to) == bool(rule.to_env):
        raise SettingsError(f"{where}, {rule.name}: give either to or to_env")
    if rule.to and not urlsplit(rule.to).scheme:
        raise SettingsError(f"{where}, {rule.name}: to = {rule.to!r} is no URL")
    if not 0 <= rule.min_score <= 1:
        raise SettingsError(f"{where}, {rule.name}: min_score lies between 0 and 1")
    if rule.per_hour < 1:
        raise SettingsError(f"{where}, {rule.name}: per_hour is at least 1")
    _known(rule.kinds, _kinds(), f"{where}, {rule.name}: there is no kind")


def _known(names: Sequence[str], known: set[str], words: str) -> None:
    for name in names:
        if name not in known:
            raise SettingsError(f"{words} '{name}'{nearest(name, known)}")


def _kinds() -> set[str]:
    from detectors import discover

    return {kind for made in discover().values() for kind in made.kinds}


def check_zones(rules: Sequence[Rule], known: set[str]) -> None:
    """Refuse rules for zones that are not there: an alert that never comes would look like quiet.

    Raises:
        SettingsError: A zone is not known.
    """
    for rule in rules:
        _known(rule.zones, known, f"alerts: {rule.name}: there is no zone")
