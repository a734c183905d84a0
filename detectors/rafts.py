"""Meetings of two put together: rafts of more, and contacts of the same two ships within days of each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from detectors.company import Contact
from detectors.geo import US_H


def rafts(contacts: Sequence[Contact]) -> list[list[Contact]]:
    """Return contacts in groups that share ships and times, each group and all of them in order of their starts."""
    order = sorted(contacts, key=lambda one: (one.start_us, one.pair))
    group = list(range(len(order)))

    def root(i: int) -> int:
        while group[i] != i:
            group[i] = group[group[i]]
            i = group[i]
        return i

    of_ship: dict[int, list[int]] = defaultdict(list)
    for i, contact in enumerate(order):
        for ship in contact.pair:
            for j in of_ship[ship]:
                if order[j].overlaps(contact):
                    group[max(root(i), root(j))] = min(root(i), root(j))
            of_ship[ship].append(i)
    found: dict[int, list[Contact]] = defaultdict(list)
    for i, contact in enumerate(order):
        found[root(i)].append(contact)
    return list(found.values())


def members(raft: Iterable[Contact]) -> dict[int, list[tuple[int, int]]]:
    """Return when each ship (by index) was in contact with another of the raft: spans in us, joined, in order."""
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for contact in raft:
        for ship in contact.pair:
            spans[ship].append((contact.start_us, contact.end_us))
    return {ship: _joined(sorted(of_ship)) for ship, of_ship in spans.items()}


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    found = spans[:1]
    for start, end in spans[1:]:
        if start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def link(contacts: Iterable[Contact], hours: float) -> None:
    """Give each contact all of the same two ships within so many hours of it, itself among them, in order."""
    of_pair: dict[tuple[int, int], list[Contact]] = defaultdict(list)
    for contact in contacts:
        of_pair[contact.pair].append(contact)
    near_us = int(hours * US_H)
    for same in of_pair.values():
        same.sort(key=lambda one: one.start_us)
        for contact in same:
            low, high = contact.start_us - near_us, contact.end_us + near_us
            contact.linked = [one for one in same if one.end_us >= low and one.start_us <= high]


def rounds(contacts: Sequence[Contact], hours: float) -> dict[int, set[int]]:
    """Return for each contact, by its place, the further ships that one of its two visited within so many hours.

    Only visits at another time count: whoever lies in one raft visits nobody. Keys are places in ``contacts``; those
    of which neither ship visited two others are left out. The value's ships are given by the visiting ship.
    """
    of_ship: dict[int, list[int]] = defaultdict(list)
    for i, contact in enumerate(contacts):
        for ship in contact.pair:
            of_ship[ship].append(i)
    near_us = int(hours * US_H)
    found: dict[int, set[int]] = {}
    for i, contact in enumerate(contacts):
        for ship in contact.pair:
            visited = set()
            for j in of_ship[ship]:
                other = contacts[j]
                near = other.end_us >= contact.start_us - near_us and other.start_us <= contact.end_us + near_us
                if near and not other.overlaps(contact):
                    visited |= set(other.pair) - set(contact.pair)
            if len(visited) >= 2:
                found.setdefault(i, set()).add(ship)
    return found
