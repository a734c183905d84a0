"""What `evaluate` found, as values, as JSON and as a plain text table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

#: The family of a tally that counts all families together.
ALL = "all"


@dataclass(frozen=True)
class KindScore:
    """The score of one kind; ratios are None where nothing was counted.

    Attributes:
        kind: Of event.
        planted: Behaviours in the truth.
        found: Those with a matching event.
        recall: found / planted.
        planted_away: Behaviours away from decoys.
        found_away: Those found.
        recall_away: found_away / planted_away.
        events: Alarms raised.
        precision: found / events.
        onset_median_minutes: Median distance of the matched events' starts from the truth's.
        onset_max_minutes: The greatest of them.
        false_alarms: Alarms without a match.
        false_per_1000_vessel_days: false_alarms by 1,000 days of one ship heard.
        false_by_decoy: False alarms by the label of the decoy that they overlap.
        not_assessed: Gaps with the verdict `cannot be assessed`.
        planted_not_assessed: Planted gaps that only such an event matches.
    """

    kind: str
    planted: int
    found: int
    recall: float | None
    planted_away: int
    found_away: int
    recall_away: float | None
    events: int
    precision: float | None
    onset_median_minutes: float | None
    onset_max_minutes: float | None
    false_alarms: int
    false_per_1000_vessel_days: float | None
    false_by_decoy: Mapping[str, int]
    not_assessed: int
    planted_not_assessed: int


@dataclass(frozen=True)
class Scores:
    """Scores of all kinds that a truth judges; `str()` gives a plain text table.

    Attributes:
        scenario: Name.
        seed: Number.
        vessel_days: Days from each ship's first report to her last, summed.
        kinds: One score for each kind, by name.
        missed: One line for each planted behaviour that was not found.
        unjudged: Events of kinds that the truth says nothing about, counted by kind.
    """

    scenario: str
    seed: int
    vessel_days: float
    kinds: tuple[KindScore, ...]
    missed: tuple[str, ...]
    unjudged: Mapping[str, int]

    def to_dict(self) -> dict[str, object]:
        """Return the scores as JSON-ready values."""
        return asdict(self)

    def __str__(self) -> str:
        return render(self)


@dataclass(frozen=True)
class Tally:
    """Scores of one kind summed over seeds, of one family or of all of them.

    Attributes:
        family: A scenario's name, or ALL.
        kind: Of event.
        planted: Behaviours in the truths.
        found: Those with a matching event.
        recall: found / planted; None where nothing was planted.
        events: Alarms raised.
        precision: found / events; None where none was raised.
        false_alarms: Alarms without a match.
        false_by_decoy: They by the label of the decoy that they overlap.
    """

    family: str
    kind: str
    planted: int
    found: int
    recall: float | None
    events: int
    precision: float | None
    false_alarms: int
    false_by_decoy: Mapping[str, int]


def tallied(scored: Sequence[Scores], apart: Sequence[str] = ()) -> list[Tally]:
    """Return a tally for each family and kind in which something was planted or told, then those of all families.

    Args:
        scored: Scores of any scenarios and seeds.
        apart: Scenarios that do not count towards all.
    """
    groups: dict[tuple[str, str], list[KindScore]] = {}
    for scores in scored:
        for score in scores.kinds:
            groups.setdefault((scores.scenario, score.kind), []).append(score)
            if scores.scenario not in apart:
                groups.setdefault((ALL, score.kind), []).append(score)
    families = [*dict.fromkeys(scores.scenario for scores in scored), ALL]
    tallies = [_tally(*key, groups[key]) for key in sorted(groups, key=lambda key: (families.index(key[0]), key[1]))]
    return [tally for tally in tallies if tally.planted or tally.events]


def _tally(family: str, kind: str, scores: Sequence[KindScore]) -> Tally:
    planted, found, events = (sum(getattr(score, name) for score in scores) for name in ("planted", "found", "events"))
    blame: Counter[str] = Counter()
    for score in scores:
        blame.update(score.false_by_decoy)
    return Tally(
        family,
        kind,
        planted,
        found,
        round(found / planted, 4) if planted else None,
        events,
        round(found / events, 4) if events else None,
        sum(score.false_alarms for score in scores),
        dict(sorted(blame.items())),
    )


def render_tallies(tallies: Sequence[Tally], missed: Sequence[str]) -> str:
    """Return tallies as a plain text table, a line for each family and kind, with what was missed below it."""
    rows = [["family", "kind", "planted", "found", "recall", "alarms", "precision", "false"]] + [
        [t.family, t.kind, str(t.planted), str(t.found), _ratio(t.recall), str(t.events), _ratio(t.precision),
         str(t.false_alarms)]
        for t in tallies
    ]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    blamed = ["what false alarms overlap"] + [
        ", ".join(f"{label} {count}" for label, count in tally.false_by_decoy.items()) for tally in tallies
    ]
    lines = [f"{_line(row, widths, 2)}  {why}".rstrip() for row, why in zip(rows, blamed, strict=True)]
    return "\n".join(lines + [f"missed: {line}" for line in missed])


def render(scores: Scores) -> str:
    """Return the scores as a plain text table with notes below it."""
    head = ["kind", "planted", "found", "recall", "planted away", "found away", "recall away", "alarms", "precision",
            "onset median", "onset max", "false/1000 vd"]  # fmt: skip
    rows = [head] + [
        [s.kind, str(s.planted), str(s.found), _ratio(s.recall), str(s.planted_away), str(s.found_away),
         _ratio(s.recall_away), str(s.events), _ratio(s.precision), _number(s.onset_median_minutes),
         _number(s.onset_max_minutes), _number(s.false_per_1000_vessel_days)]
        for s in scores.kinds
    ]  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [f"{scores.scenario}, seed {scores.seed}: {scores.vessel_days:.0f} vessel-days"]
    lines += [_line(row, widths) for row in rows]
    lines.append("away: from decoys; onset: minutes off the true start; vd: vessel-days")
    for s in scores.kinds:
        if s.false_alarms:
            blamed = ", ".join(f"{label} {count}" for label, count in s.false_by_decoy.items())
            lines.append(f"{s.kind}: {s.false_alarms} false alarms, by what they overlap: {blamed}")
        if s.not_assessed:
            lines.append(
                f"{s.kind}: {s.not_assessed} more answered 'cannot be assessed' (no alarms), "
                f"{s.planted_not_assessed} of them planted"
            )
    lines += [f"missed: {line}" for line in scores.missed]
    if scores.unjudged:
        counts = ", ".join(f"{kind} {count}" for kind, count in scores.unjudged.items())
        lines.append(f"not judged by this truth: {counts}")
    return "\n".join(lines)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _line(row: list[str], widths: list[int], words: int = 1) -> str:
    """Return one row of the table: columns of words to the left, figures to the right."""
    cells = [
        cell.ljust(width) if i < words else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
