"""The lines that an event goes back to: of each of its ships the first and the last position in it, as they came in."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from ais import sentences
from ais.reader import Reader
from detectors.event import to_us
from maps import words
from maps.findings import numbers

MAX_EVENTS = 200  # those with the highest scores; any other line is a query away
MAX_SHIPS = 4

_ENDS = """
WITH wanted AS (
    SELECT unnest($place::BIGINT[]) AS place, unnest($mmsi::BIGINT[]) AS mmsi, unnest($from_us::BIGINT[]) AS from_us,
        unnest($to_us::BIGINT[]) AS to_us
), fixes AS (
    SELECT w.place, p.mmsi, p.t, p.input_id, p.line,
        row_number() OVER (PARTITION BY w.place, p.mmsi ORDER BY p.t, p.input_id, p.line) AS up,
        row_number() OVER (PARTITION BY w.place, p.mmsi ORDER BY p.t DESC, p.input_id DESC, p.line DESC) AS down
    FROM wanted AS w JOIN positions AS p ON p.mmsi = w.mmsi
        AND p.t BETWEEN make_timestamp(w.from_us) AND make_timestamp(w.to_us)
)
SELECT f.place, f.mmsi, f.t, f.input_id, f.line, i.name FROM fixes AS f JOIN inputs AS i ON i.id = f.input_id
WHERE up = 1 OR down = 1 ORDER BY f.place, f.mmsi, f.t, f.input_id, f.line
"""
_NO_END_US = 4_102_444_800_000_000


def read_proof(reader: Reader, events: Sequence[Mapping[str, object]]) -> list[list[list[object]]]:
    """Return for each of the first MAX_EVENTS events its lines: ship, time, input, line number, and the line itself.

    The line is None where the case keeps no raw lines.
    """
    wanted = [
        (place, mmsi, to_us(event["start"]), _NO_END_US if event["end"] is None else to_us(event["end"]))  # type: ignore[arg-type]
        for place, event in enumerate(events[:MAX_EVENTS])
        for mmsi in numbers(event["mmsi"])[:MAX_SHIPS]
    ]
    columns = {name: [row[i] for row in wanted] for i, name in enumerate(("place", "mmsi", "from_us", "to_us"))}
    rows = reader.query(_ENDS, **columns).to_pylist() if wanted else []
    lines: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        lines[row["input_id"]].add(row["line"])
    raw = {input_id: sentences.lines(reader, input_id, numbers_) for input_id, numbers_ in sorted(lines.items())}
    found: list[list[list[object]]] = [[] for _ in events[:MAX_EVENTS]]
    for row in rows:
        line = raw[row["input_id"]].get(row["line"])
        text = line.decode("utf-8", "replace").rstrip("\r\n") if line is not None else None
        found[row["place"]].append([row["mmsi"], words.utc_full(row["t"]), row["name"], row["line"], text])
    return found
