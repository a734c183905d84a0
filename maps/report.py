"""The report: one HTML file that opens from a USB stick, with all that a case found and all that stands behind it."""

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from pathlib import Path

from ais.counts import SEAL, partly_read, reports
from ais.reader import Reader
from detectors import discover, not_looked_at
from detectors.vessel_lists import VesselLists, load_vessel_lists
from maps import assets, method, words
from maps.company import NEAR_NM, read_company
from maps.content import map_content
from maps.coverage import Coverage
from maps.custody import read_custody
from maps.findings import Findings, evidence
from maps.gear import gear_caveats
from maps.history import read_history
from maps.kinds import describe
from maps.learned import learned_caveats
from maps.offline import CaseLayer, OfflineMap
from maps.proof import read_proof
from maps.tracks import UNHEARD_S, Tracks
from maps.writing import write_page
from zones import ZoneSet

SCRIPTS = (
    "core.js",
    "data.js",
    "symbols.js",
    "colours.js",
    "raster.js",
    "paint.js",
    "tracks.js",
    "chart.js",
    "legend.js",
    "film.js",
    "strips.js",
    "detail.js",
    "sheet.js",
    "table.js",
    "behind.js",
    "print.js",
    "report.js",
)
STYLES = ("chart.css", "page.css", "report.css", "print.css")

MAX_OUTAGES = 100
_RUNS = f"""
SELECT * FROM runs WHERE detector <> '{SEAL}' QUALIFY id = max(id) OVER (PARTITION BY detector) ORDER BY detector
"""


def write_report(
    reader: Reader,
    zones: ZoneSet,
    path: Path,
    *,
    made_at: datetime,
    version: str,
    settings: Mapping[str, object],
    lists: VesselLists | None = None,
    title: str | None = None,
    by: str | None = None,
) -> Path:
    """Write the report of a case and return its path.

    The file replaces what was there in one step, or not at all. The same case, zones and arguments give the same bytes.

    Args:
        reader: The case.
        zones: The zones to draw; they should be those that detection used, else the page says that they differ.
        path: Where to write; its folder must exist.
        made_at: Time of making, for the page.
        version: darkwake's version, for the page.
        settings: What detection was set to, by detector and field.
        lists: The lists that ships are held against; the package's own by default.
        title: What the case is called; by default its inputs' names.
        by: Who made the report, for its custody page.

    Raises:
        ReportError: The target cannot be written.
    """
    return write_page(
        Path(path),
        "report",
        lambda: report_html(
            reader, zones, made_at=made_at, version=version, settings=settings, lists=lists, title=title, by=by
        ),
    )


def report_html(
    reader: Reader,
    zones: ZoneSet,
    *,
    made_at: datetime,
    version: str,
    settings: Mapping[str, object],
    lists: VesselLists | None = None,
    title: str | None = None,
    by: str | None = None,
) -> str:
    """Return the report as text; arguments as for `write_report`."""
    lists = lists or load_vessel_lists()
    content, findings, heard, tracks = map_content(reader, zones, lists)
    _add_behind(content, reader, findings)
    inputs = _inputs(reader)
    runs = _runs(reader)
    lead, looked = _lead(findings, heard, _missing(reader), content["events"])
    content |= {
        "title": title or _title([str(item["name"]) for item in inputs]),
        "made": words.utc(made_at),
        "version": version,
        "lead": lead,
        "empty": list(method.EMPTY) if looked else [],
        "inputs": inputs,
        "stations": [list(item) for item in heard.stations],
        "stations_count": heard.stations_count,
        "outages": [_outage(event) for event in findings.shipless[:MAX_OUTAGES]],
        "outages_count": len(findings.shipless),
        "counting": method.COUNTING,
        "caveats": [list(item) for item in _caveats(reader, zones, runs, findings, lists)],
        "drawing": _drawing(tracks, content["drawn_m"]),
        "zones_version": zones.version,
        "zones_sha256": zones.sha256,
        "runs": runs,
        "settings": _settings(settings),
        "near_nm": NEAR_NM,
        "score_words": [f"{words.HIGH} and more", f"{words.MEDIUM} and more", f"below {words.MEDIUM}"],
        "custody": read_custody(reader, zones, lists, made_at=made_at, version=version, by=by),
        "licence": assets.licence("leaflet"),
    }
    west, south, east, north = (float(edge) for edge in content["view"])  # type: ignore[attr-defined]
    page = OfflineMap(center=((west + east) / 2, (south + north) / 2), jquery=False)
    page.add_child(CaseLayer(content, scripts=SCRIPTS, styles=STYLES, body=assets.own("report.html")))
    return str(page.get_root().render())


def _add_behind(content: dict[str, object], reader: Reader, findings: Findings) -> None:
    """Add to events who else was heard and the lines they go back to, and to ships what they said over time."""
    events, ships = (list(content[name]) for name in ("events", "ships"))  # type: ignore[call-overload]
    for event, company in zip(events, read_company(reader, findings.events), strict=False):
        event["company"] = company
    for event, lines in zip(events, read_proof(reader, findings.events), strict=False):
        event["proof"] = lines
    for ship, said in zip(ships, read_history(reader, findings.ships()), strict=True):
        ship.update(said)


def _title(names: list[str]) -> str:
    if not names:
        return "case without inputs"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _lead(findings: Findings, heard: Coverage, missing: str | None, events: object) -> tuple[dict[str, str], bool]:
    """Return the words that lead the page, and whether a page without events may say what that does not mean."""
    described = {kind["kind"]: kind for kind in describe(findings.counts)}
    counts = [(_called(kind, findings.counts[name]), findings.counts[name]) for name, kind in described.items()]
    total = len(findings.scores)
    first = str(events[0]["summary"]) if isinstance(events, list) and events else ""
    lead = words.lead(counts, findings.scores, findings.unassessed, first)
    headline = "No event found" if not total else f"{total:,} event{'s' if total != 1 else ''} to look at"
    if missing:
        lead["found"] = f"{missing} {lead['found'] if total else ''}".strip()
    if missing and not total:
        headline = "Not looked through yet"
        lead["sure"] = "Nothing can be said: no events here is not a finding."
    return {**lead, "headline": headline, "span": _span(heard), "unseen": _unseen(heard)}, not missing


def _missing(reader: Reader) -> str | None:
    """Say what of the inputs is not in the case, and what detection has not looked at; None if nothing."""
    unseen = not_looked_at(reader)
    said = [partly_read(reader), unseen and f"{unseen} Run `darkwake detect` first."]
    return " ".join(filter(None, said)) or None


def _called(kind: Mapping[str, str], count: int) -> str:
    label = kind["label"]
    one = label if label.startswith("AIS") else label[:1].lower() + label[1:]
    return one if count == 1 else kind["plural"]


def _span(heard: Coverage) -> str:
    if heard.first is None or heard.last is None:
        return "The case holds no position."
    hours = (heard.last - heard.first).total_seconds() / 3600
    ships = f"{heard.vessels:,} ship number{'s' if heard.vessels != 1 else ''}"
    return (
        f"{heard.positions:,} AIS positions of {ships}, {words.utc(heard.first)} to {words.utc(heard.last)} UTC "
        f"({words.length(hours)})."
    )


def _unseen(heard: Coverage) -> str:
    silent = heard.hours - heard.hours_heard
    hours = f"Nothing at all was received in {silent:,} of {heard.hours:,} hours. " if silent > 0 else ""
    doubted = (
        f"{heard.doubted:,} positions are doubted (impossible jumps, frozen or late reports). " if heard.doubted else ""
    )
    return (
        f"{hours}{doubted}Ships without AIS, and all that happened beyond the receivers' reach, are not here. AIS "
        f"shows no cargo, no nets and "
        "no intent."
    )


def _caveats(
    reader: Reader, zones: ZoneSet, runs: list[dict[str, object]], findings: Findings, lists: VesselLists
) -> list[tuple[str, str]]:
    more = []
    if any(run["zones"] != zones.sha256 for run in runs):
        more.append(
            (
                "Zones drawn are not those of the run",
                "At least one detection run used another zone set than the one drawn here (see the hashes under "
                "Detection and settings); run "
                "detection again to bring them together.",
            )
        )
    if findings.left_out:
        more.append(
            (
                "Not every event is on this page",
                f"The {findings.left_out:,} events with the lowest scores are left out to keep the page small; "
                f"`darkwake events` lists all.",
            )
        )
    matched = ("A list is matched by what a ship says", method.LISTS.format(lists=lists))
    return [*more, *method.CAVEATS, *gear_caveats(reader), *learned_caveats(reader), matched]


def _drawing(tracks: Tracks, tolerance_m: object) -> str:
    kept = len(tracks.t_s)
    thinning = "Every position of the ships involved is drawn."
    if kept < tracks.fixes:
        thinning = (
            f"Of {tracks.fixes:,} positions of the ships involved {kept:,} are drawn: the first of every "
            f"{tracks.step_s} s, and both ends of "
            "every silence. Evidence was measured on all of them."
        )
    return method.DRAWING.format(unheard=UNHEARD_S // 60, thinning=thinning, tolerance=tolerance_m)


def _inputs(reader: Reader) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for one in reports(reader):
        span = f"{words.utc(one.first_t)} to {words.utc(one.last_t)}" if one.first_t and one.last_t else "no times"
        rejects = dict(sorted(one.rejects.items(), key=lambda item: (-item[1], item[0])))
        rows.append(
            {
                "name": one.name,
                "sha256": one.sha256,
                "lines": one.lines,
                "stored": one.stored,
                "other": one.other,
                "duplicates": one.duplicates,
                "rejected": sum(rejects.values()),
                "rejects": rejects,
                "positions": one.positions,
                "span": span,
            }
        )
    return rows


def _outage(event: Mapping[str, object]) -> list[object]:
    """Return an outage as a row: its source, from when to when, how long, and how many ships it had heard before."""
    said, start, end = evidence(event), event["start"], event["end"]
    to, length = "end of the data", "open"
    if isinstance(start, datetime) and isinstance(end, datetime):
        to, length = words.utc(end), words.length((end - start).total_seconds() / 3600)
    begun = words.utc(start) if isinstance(start, datetime) else ""
    return [said.get("source") or "without a name", begun, to, length, said.get("ships_count", 0)]


def _runs(reader: Reader) -> list[dict[str, object]]:
    return [
        {
            "detector": row["detector"],
            "made": words.utc(row["made_at"]),
            "version": row["version"],
            "horizon": words.utc(row["horizon"]) if row["horizon"] else "no data",
            "events": row["events"],
            "zones": row["zones_sha256"],
        }
        for row in reader.query(_RUNS).to_pylist()
    ]


def _settings(settings: Mapping[str, object]) -> list[list[str]]:
    """Return name, value and meaning of each setting, flattened with dots."""
    meaning: dict[str, str] = {}
    for name, made in discover().items():
        for field in fields(made):  # type: ignore[arg-type]
            unit = field.metadata.get("unit")
            meaning[f"{name}.{field.name}"] = f"{field.metadata.get('doc', '')}{f' ({unit})' if unit else ''}"
    return [[name, value, meaning.get(name, "")] for name, value in _flat(settings, "")]


def _flat(settings: Mapping[str, object], before: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            rows += _flat(value, f"{name}.")
        else:
            rows.append((name, value if isinstance(value, str) else json.dumps(value, default=str)))
    return rows
