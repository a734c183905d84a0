"""What of a detector's events the seal leaves alone (`detectors.retention`)."""

from __future__ import annotations

from collections.abc import Sequence

from detectors.event import Event, to_us
from detectors.ledger import FOR_EVER, Standing


def not_cut(found: Sequence[Event], replaced: Standing, sealed_us: int | None) -> tuple[list[Event], list[str]]:
    """Return what was found and the ids of what it replaces without all that the seal cuts.

    What seems to begin before the seal is the rest of something that stands. Where something before the seal is read
    for an event, less of it is there than when it was first found: it is found anew only while it is open, or where its
    end is another.
    """
    ids = [str(one) for one in replaced.ids.to_pylist()]
    if sealed_us is None:
        return list(found), ids
    ends = {one.id: FOR_EVER if one.end is None else to_us(one.end) for one in found}
    stands = {
        name
        for name, low, end in zip(ids, replaced.low.tolist(), replaced.ends.tolist(), strict=True)
        if low < sealed_us and end != FOR_EVER and ends.get(name) == end
    }
    return (
        [one for one in found if to_us(one.start) >= sealed_us and one.id not in stands],
        [name for name in ids if name not in stands],
    )
