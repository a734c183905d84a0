"""Whether the events of a case are what its detectors find again, with the thresholds and zones of their last runs.

Detection runs in the temporary case that `ais.verify` filled from the kept sentences. Events of a detector that has
not looked at all rows (`runs.change_id`) cannot be compared, which is said. What earlier runs found is past: of the
ledger only its consistency can be checked (`detectors.revisions`).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ais.counts import SEAL
from ais.differences import Difference, Pair, compare, differing
from detectors.contract import Detector, SettingError, discover
from detectors.learned import Learned
from detectors.ledger import kept_zones
from detectors.revisions import check_revisions
from detectors.scope import detect

if TYPE_CHECKING:
    from ais.verification import Verification
    from zones import ZoneSet

Row = Mapping[str, Any]

_LAST_RUNS = f"""
SELECT *, change_id < (SELECT coalesce(max(id), 0) FROM changes) AS behind FROM runs WHERE detector <> '{SEAL}'
QUALIFY row_number() OVER (PARTITION BY detector ORDER BY id DESC) = 1 ORDER BY detector
"""
_OF_NOBODY = "SELECT * FROM events WHERE detector NOT IN (SELECT detector FROM runs) ORDER BY id"


def verify_events(case: Verification, zones: ZoneSet, *, now: datetime, version: str) -> int:
    """Detect again in the temporary case, compare, and check the ledger; return how many events were compared.

    Args:
        case: The verification, its rows brought in already.
        zones: The zones at hand: kept zones of the same hash are held against them.
        now: Time of the runs in the temporary case.
        version: darkwake's version.
    """
    runs = case.kept.query(_LAST_RUNS).to_pylist()
    found = discover()
    _note_what_cannot_be(case, runs, found, version)
    for row in case.kept.query(_OF_NOBODY).to_pylist():
        case.findings.add(Difference("events", _place(row), what="no run of its detector is recorded"))
    wanted = [run for run in runs if run["detector"] in found and not run["behind"]]
    wanted.sort(key=lambda run: bool(found[run["detector"]].reads))  # those that read what others find come after
    used = {sha256: _zones_of(case, sha256, zones) for sha256 in sorted({run["zones_sha256"] for run in wanted})}
    compared = 0
    for run in wanted:
        if known := used[run["zones_sha256"]]:
            case.progress(f"Detecting {run['detector']} again", 0, None)
            compared += _again(case, run, found[run["detector"]], known, now, version)
    check_revisions(case)
    return compared


def _note_what_cannot_be(
    case: Verification, runs: Sequence[Row], found: Mapping[str, type[Detector]], version: str
) -> None:
    """Note which detectors' events cannot be compared, and which were found by another version."""
    ran = {run["detector"] for run in runs}
    others = sorted({run["version"] for run in runs} - {version})
    for names, what in (
        (set(found) - ran, "never run on this case"),
        (ran - set(found), "this darkwake has no such detector"),
        ({run["detector"] for run in runs if run["behind"]}, "rows came since its last run; run darkwake detect"),
    ):
        if names:
            case.findings.notes.append(f"events of {', '.join(sorted(names))}: {what}")
    if others:
        judged = f"the case was judged by darkwake {', '.join(others)}, this is {version}"
        case.findings.notes.append(f"{judged}: where events or marks differ, that may be why")


def _again(case: Verification, run: Row, kind: type[Detector], zones: ZoneSet, now: datetime, version: str) -> int:
    """Run one detector as its last run did, and compare its events; return how many there are."""
    try:
        detector = _made(kind, run["settings"])
        learned = Learned.named(case.kept, run["artefacts"] or ())
        detect(case.store, zones, detectors={kind.name: detector}, now=now, version=version, learned=learned)
    except (ValueError, TypeError) as error:
        what = f"it cannot be done again with what it recorded ({type(error).__name__}: {error})"
        case.findings.add(Difference("runs", f"run {run['id']} of {kind.name}", what=what))
        return 0
    _compare_run(case, run)
    where = f"detector = '{kind.name}' AND {case.from_seal.replace('t >=', 'reads_from >=')}"
    count, pairs = compare(case.con, "events", ("id",), where, case.findings.room("events"))
    case.findings.add(*map(_told, pairs))
    case.findings.counts["events"] += count - len(pairs)
    return int(case.con.execute(f"SELECT count(*) FROM events WHERE {where}").fetchall()[0][0])


def _made(kind: type[Detector], settings: str) -> Detector:
    """Return a detector with recorded thresholds; raise SettingError where they are not its own."""
    said = json.loads(settings)
    fields = {field.name: field.default for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if not isinstance(said, dict) or said.keys() != fields.keys():
        raise SettingError(f"{settings} are not the settings of {kind.name}")
    for name, value in said.items():
        if not isinstance(value, type(fields[name])) and not isinstance(fields[name], float):
            raise SettingError(f"{kind.name}.{name} is {value!r}")
    return kind(**said)


def _zones_of(case: Verification, sha256: str, zones: ZoneSet) -> ZoneSet | None:
    """Return zones as the case keeps them, held against those at hand where they have the same hash; None for none."""
    try:
        kept = kept_zones(case.kept, sha256)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        what = f"they cannot be read ({type(error).__name__}: {error})"
        case.findings.add(Difference("zones", sha256, what=what))
        return None
    if not kept.zones:
        case.findings.add(Difference("zones", sha256, what="runs used them, and they are gone"))
        return None
    if sha256 != zones.sha256:
        note = f"zones {sha256[:8]}: taken as the case keeps them; give their files with --zones to compare them"
        case.findings.notes.append(note)
        return kept
    there, here = (each.features for each in (kept, zones))
    for name in sorted(there.keys() | here.keys()):
        if there.get(name) != here.get(name):
            what = f"it is not that of the zones {sha256[:8]}"
            case.findings.add(Difference("zones", name, what=what))
    return zones


def _compare_run(case: Verification, run: Row) -> None:
    """Compare what a run recorded of the case with what the same run gave again."""
    sql = "SELECT horizon, events FROM runs WHERE detector = ? ORDER BY id DESC LIMIT 1"
    ((horizon, events),) = case.con.execute(sql, [run["detector"]]).fetchall() or [(None, 0)]
    names = ("horizon", "events") if case.sealed_us is None else ("horizon",)  # those before it are not found again
    columns = differing({name: run[name] for name in names}, {"horizon": horizon, "events": events})
    if columns:
        case.findings.add(Difference("runs", f"run {run['id']} of {run['detector']}", columns))


def _place(row: Row) -> str:
    ships = " and ".join(map(str, row["mmsi"]))
    return f"{row['id']} ({row['kind']} of {ships} from {row['start_t']:%Y-%m-%d %H:%M})"


def _told(pair: Pair) -> Difference:
    """Return a difference of events, in the evidence by its keys."""
    if pair.kept is None or pair.again is None:
        side = "only the case has this event" if pair.again is None else "the case lacks this event"
        return Difference("events", _place(pair.there), what=side)
    columns = [one for one in differing(pair.kept, pair.again) if one[0] != "evidence"]
    columns += _evidence(pair.kept["evidence"], pair.again["evidence"])
    return Difference("events", _place(pair.again), tuple(columns))


def _evidence(kept: str, again: str) -> list[tuple[str, str, str]]:
    """Return the keys in which the evidence of an event differs; the text where it is no JSON object."""
    if kept == again:
        return []
    try:
        there, here = json.loads(kept), json.loads(again)
        keys = [key for key in there.keys() | here.keys() if there.get(key) != here.get(key)]
    except (ValueError, AttributeError):
        keys = []
    if not keys:
        return list(differing({"evidence": kept}, {"evidence": again}))
    pairs = ({f"evidence.{key}": side.get(key) for key in sorted(keys)} for side in (there, here))
    return list(differing(*pairs))
