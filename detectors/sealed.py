"""What of a detector's events the seal leaves alone (`detectors.retention`)."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.event import Event, to_us
from detectors.ledger import Kept


def after_seal(kept: Sequence[Kept], sealed_us: int | None) -> list[Kept]:
    """Return the events that began since the seal: the others are never looked at again."""
    return [one for one in kept if sealed_us is None or to_us(one.row["start_t"]) >= sealed_us]


def not_cut(found: Sequence[Event], replaced: Sequence[Kept], sealed_us: int | None) -> tuple[list[Event], list[Kept]]:
    """Leave out of what was found and of what it replaces all that the seal cuts.

    What seems to begin before the seal is the rest of something that stands. Where something before the seal is read
    for an event, less of it is there than when it was first found: it is found anew only while it is open, or where its
    end is another.
    """
    if sealed_us is None:
        return list(found), list(replaced)
    ends = {one.id: one.end and to_us(one.end) for one in found}
    stands = {
        one.row["id"]
        for one in replaced
        if one.reach.reads_from < sealed_us
        and one.row["end_t"] is not None
        and ends.get(one.row["id"]) == to_us(one.row["end_t"])
    }
    return (
        [one for one in found if to_us(one.start) >= sealed_us and one.id not in stands],
        [one for one in replaced if one.row["id"] not in stands],
    )
