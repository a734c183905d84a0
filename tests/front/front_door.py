"""What the tests of the front door share: a small table with a meeting, other processes, the look of a failure."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ais.ingest import ingest

ROOT = Path(__file__).resolve().parents[2]
HEAD = "MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo"
START = datetime(2023, 1, 1, 22, 30)  # noqa: DTZ001 - the table says UTC without a zone
NMEA = r"""\s:117,c:1668046497*0A\!AIVDM,1,1,,,369KwSP000<G`Kh0iukScOv00000,0*12
\g:1-2-7218,s:117,c:1668046497*74\!AIVDM,2,1,9,,5815Njh2Bah1KL7CGG<HUHu>2222222222222216D@LB>6jm0@CSmSlS,0*62
\g:2-2-7218*51\!AIVDM,2,2,9,,lljFDjp88888880,2*26
"""
IN_BATCHES = """
import sys
from ais import ingest, source
source.BLOCK_BYTES = 250_000
ingest.ingest.__kwdefaults__["batch_lines"] = 1
from darkwake.cli import main
main(sys.argv[1:])
"""  # the command line, with a commit every quarter of a megabyte


def commit_often(patch: pytest.MonkeyPatch) -> None:
    """Have this process commit like another one with `IN_BATCHES`."""
    patch.setattr("ais.source.BLOCK_BYTES", 250_000)
    patch.setitem(ingest.__kwdefaults__, "batch_lines", 1)


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


def meeting_csv(names: tuple[str, str] = ("ALPHA", "BRAVO"), start: datetime = START, hours: float = 4) -> str:
    """Return a NOAA table of two ships 60 m apart, a report a minute each, in the open Yellow Sea."""
    rows = [HEAD]
    for minute in range(int(hours * 60)):
        for mmsi, name, lat in ((412000001, names[0], 36.5), (445000002, names[1], 36.50054)):
            when = (start + timedelta(minutes=minute)).isoformat()
            rows.append(f"{mmsi},{when},{lat + minute * 1e-6:.6f},123.5,0.2,90,511,{name},,,70,0,100,16,5.0,")
    return "\n".join(rows) + "\n"


@contextmanager
def other_process(code: str, *args: object) -> Iterator[subprocess.Popen[str]]:
    """Run Python code in another process until the block ends; it says a line when it is ready and waits on stdin."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().strip() == "ready"
        yield process
    finally:
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


def snapshot(cli: Run, case: Path) -> tuple[str, dict[str, object]]:
    """Return the case's events, byte for byte, and its counts."""
    events, status = cli("events", "--case", case, "--format", "json"), cli("status", "--case", case, "--json")
    assert (events.code, status.code) == (0, 0), events.err + status.err
    return events.out, json.loads(status.out)


def is_one_sentence(said: Said) -> bool:
    """Tell whether a command failed as it should: exit code 1 and one line that says why."""
    lines = said.err.splitlines()
    return said.code == 1 and len(lines) == 1 and lines[0].startswith("darkwake: ") and len(lines[0]) < 400
