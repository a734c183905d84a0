"""One line of the table: what was measured, against which floor, beside which peer."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured number.

    Attributes:
        what: The measurement, with the size of its data.
        value: The number, in `unit`.
        unit: Its unit.
        floor: What it must reach (or stay under, if `at_most`).
        at_most: Whether less is better.
        peer: What the peer is and does.
        peer_value: The peer's number in the same unit and run.
    """

    what: str
    value: float
    unit: str
    floor: float
    at_most: bool = False
    peer: str = ""
    peer_value: float | None = None

    @property
    def met(self) -> bool:
        """Whether the floor is reached."""
        return self.value <= self.floor if self.at_most else self.value >= self.floor


def rendered(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    lines = ["| measured | figure | floor | | peer in the same run |", "|---|---|---|---|---|"]
    for one in figures:
        floor = f"{'<=' if one.at_most else '>='} {_number(one.floor)} {one.unit}"
        peer = f"{_number(one.peer_value)} {one.unit} ({one.peer})" if one.peer_value is not None else "-"
        lines.append(
            f"| {one.what} | {_number(one.value)} {one.unit} | {floor} | {'met' if one.met else 'MISSED'} | {peer} |"
        )
    return "\n".join(lines)


def _number(value: float) -> str:
    """Return a number with three significant digits, thousands apart."""
    if value >= 1e6:
        return f"{value / 1e6:.3g} M"
    if value >= 1000:
        return f"{round(value, -1 if value < 10_000 else -2):,.0f}"
    return f"{value:.3g}"
