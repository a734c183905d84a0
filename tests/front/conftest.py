"""The command line in this process, and a small case with two ships alongside."""

from pathlib import Path

import pytest

from darkwake.cli import main
from tests.front.front_door import Run, Said, meeting_csv


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in this process, in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DARKWAKE_DEBUG", raising=False)

    def run(*args: object) -> Said:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        return Said(int(left.value.code or 0), out, err)

    return run


@pytest.fixture(scope="session")
def meeting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make, once, a case with one meeting in it."""
    folder = tmp_path_factory.mktemp("meeting")
    (folder / "meeting.csv").write_text(meeting_csv(), encoding="utf-8")
    for args in (
        ["ingest", str(folder / "meeting.csv"), "--case", str(folder / "case.duckdb")],
        ["detect", "--case", str(folder / "case.duckdb")],
    ):
        with pytest.raises(SystemExit) as left:
            main(args)
        assert left.value.code == 0
    return folder / "case.duckdb"


@pytest.fixture
def case(meeting: Path, tmp_path: Path) -> Path:
    """Return a copy of the case, to spoil."""
    copy = tmp_path / "case.duckdb"
    copy.write_bytes(meeting.read_bytes())
    return copy
