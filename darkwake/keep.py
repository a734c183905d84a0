"""How long a watch keeps what it took in: by age and by size, of the case and of the spool."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from darkwake.settings import SettingsError

if TYPE_CHECKING:
    from ais.store import Store

_HOURS = {"h": 1, "d": 24, "w": 168}
_BYTES = {"MB": 10**6, "GB": 10**9, "TB": 10**12}
_HOUR_US = 3_600_000_000
_STEPS = 12  # in which the age that is kept goes by, if that makes more than an hour: each rewrites what stays
_FULL, _FILLED = 0.9, 0.8  # of the size: how much is in use when something must go, and how much then stays


@dataclass(frozen=True)
class Keep:
    """What is kept; None = all.

    Attributes:
        hours: Of the case's data, back from the newest.
        size: Bytes of the case file.
        spool_hours: Of the spool; None = as long as the case's data.
    """

    hours: int | None = None
    size: int | None = None
    spool_hours: int | None = None

    @classmethod
    def of(cls, age: str | None, size: str | None, spool: str | None) -> Keep:
        """Read texts like 30d, 20GB and 1w.

        Raises:
            SettingsError: One is not understood.
        """
        return cls(
            _read(age, _HOURS, "keep", "30d, 36h or 8w"),
            _read(size, _BYTES, "keep-size", "20GB or 500MB"),
            _read(spool, _HOURS, "keep-spool", "90d, 36h or 8w"),
        )

    def seal_us(self, store: Store, newest: datetime, sealed_us: int | None) -> int | None:
        """Return where the seal is to go, UTC microseconds; None while it stays.

        Args:
            store: The case.
            newest: Greatest time of the case's data that is no later than now, aware.
            sealed_us: Where it stands.
        """
        horizon_us = round(newest.astimezone(UTC).timestamp()) * 1_000_000
        due = None
        if self.hours is not None:
            to_us = (horizon_us - self.hours * _HOUR_US) // _HOUR_US * _HOUR_US
            step_us = max(self.hours // _STEPS, 1) * _HOUR_US
            if sealed_us is None or to_us - sealed_us >= step_us:
                due = to_us
        if self.size is not None:
            used = _used_bytes(store)
            if used > _FULL * self.size:
                at_us = _time_after(store, 1 - _FILLED * self.size / used, sealed_us or 0)
                to_us = min(-(-at_us // _HOUR_US), horizon_us // _HOUR_US) * _HOUR_US
                due = max(to_us, due or 0)
        return due if due is not None and due > (sealed_us or 0) else None


def _read(text: str | None, units: dict[str, int], name: str, example: str) -> int | None:
    if text is None:
        return None
    found = re.fullmatch(rf"([1-9]\d*) ?({'|'.join(units)})", text.strip())
    if found is None:
        raise SettingsError(f"{name} = {text!r} is not understood; write it like {example}")
    return int(found.group(1)) * units[found.group(2)]


def _used_bytes(store: Store) -> int:
    """Return how much of the file holds something: what was deleted leaves holes, which are filled first.

    Commits that are not in the file yet are moved there once they are a part of it that counts.
    """
    if store.log_bytes > store.path.stat().st_size // 8:
        store.checkpoint()
    sql = "SELECT used_blocks * block_size FROM pragma_database_size() WHERE database_name = current_database()"
    return int(store.con.execute(sql).fetchall()[0][0])


def _time_after(store: Store, share: float, low_us: int) -> int:
    """Return before which time about a share of the positions lie, of those from a time on, UTC microseconds."""
    sql = f"SELECT approx_quantile(epoch_us(t), {share:.4f}::FLOAT) FROM positions WHERE t >= make_timestamp(?)"
    return int(store.con.execute(sql, [low_us]).fetchall()[0][0] or 0)
