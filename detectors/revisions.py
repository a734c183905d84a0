"""Whether the ledger of a case is consistent: no revision missing, none out of turn, its last word what stands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ais.differences import KEPT, Difference, differing
from detectors.ledger import public

if TYPE_CHECKING:
    from ais.verification import Verification

_AT_ONCE = 1_000  # revisions held in memory
_MISSING = "revisions before this one are missing"
_FAULTS = {
    _MISSING: """
        SELECT seq, event_id FROM (SELECT *, lag(seq, 1, 0) OVER (ORDER BY seq) AS before FROM ledger)
        WHERE seq <> before + 1
    """,
    "the run that made it is not recorded": """
        SELECT seq, event_id FROM ledger WHERE run_id NOT IN (SELECT id FROM runs)
    """,
    "it is out of turn: an event is new, then revised, then withdrawn, and new again only after that": """
        SELECT seq, event_id FROM (
            SELECT *, coalesce(lag(action) OVER (PARTITION BY event_id ORDER BY seq), 'withdrawn') AS before FROM ledger
        ) WHERE action NOT IN ('new', 'revised', 'withdrawn') OR (action = 'new') <> (before = 'withdrawn')
    """,
    "it takes the place of an event that its run did not withdraw": """
        SELECT seq, event_id FROM (SELECT *, unnest(supersedes) AS gone FROM ledger) AS one
        WHERE NOT EXISTS (
            FROM ledger WHERE event_id = one.gone AND run_id = one.run_id AND action = 'withdrawn'
        )
    """,
}
_LAST_WORDS = """
    WITH last AS (
        SELECT max(seq) AS seq, event_id, arg_max(action, seq) AS action, arg_max(event, seq) AS said
        FROM ledger GROUP BY event_id
    )
    SELECT last.seq, event_id, action, said, events.*
    FROM last FULL JOIN events ON events.id = last.event_id ORDER BY coalesce(event_id, id)
"""


def check_revisions(case: Verification) -> None:
    """Find what is wrong in the ledger of a case, and where the events are not what it says last."""
    case.progress("Checking the ledger", 0, None)
    for what, sql in _FAULTS.items():
        if case.sealed_us is not None and what == _MISSING:  # the seal takes those between the first and the last word
            continue
        for row in case.kept.query(f"SELECT DISTINCT seq, event_id FROM ({sql}) ORDER BY seq").to_pylist():
            case.findings.add(Difference("ledger", f"revision {row['seq']} of {row['event_id']}", what=what))
    for last in _last_words(case):
        place = f"revision {last['seq']} of {last['event_id']}"
        stands = last["id"] is not None
        if last["event_id"] is None:
            case.findings.add(Difference("ledger", f"event {last['id']}", what="no revision made it"))
        elif stands != (last["action"] != "withdrawn"):
            what = "it is withdrawn and stands nevertheless" if stands else "its event is gone without being withdrawn"
            case.findings.add(Difference("ledger", place, what=what))
        elif what := _unlike(last, stands=stands):
            case.findings.add(Difference("ledger", place, what=what))


def _last_words(case: Verification) -> Iterator[Mapping[str, Any]]:
    con = case.con.cursor()
    con.execute(f"USE {KEPT}")
    for batch in con.sql(_LAST_WORDS).to_arrow_reader(_AT_ONCE):
        yield from batch.to_pylist()


def _unlike(row: Mapping[str, Any], *, stands: bool) -> str:
    """Say how the ledger's last word on an event differs from the event as it stands, or from its own id."""
    try:
        said = dict(json.loads(row["said"]))
    except (ValueError, TypeError):
        return "what it says of the event is no JSON object"
    event: dict[str, Any] = {"id": row["event_id"]}
    if stands:
        try:
            event = json.loads(json.dumps(public(row), default=lambda t: t.isoformat()))
        except ValueError:
            return "the evidence of its event is no JSON object"
    keys = sorted(said.keys() | event.keys()) if stands else ["id"]
    columns = differing({key: said.get(key) for key in keys}, {key: event.get(key) for key in keys})
    return "; ".join(f"{name} is {there} in the ledger, {here} in the event" for name, there, here in columns)
