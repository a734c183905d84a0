"""The command line as a process: stopped, cut off, started among strangers."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from darkwake.ours import PACKAGES, ForeignPackage, check
from tests.front.front_door import NMEA, ROOT, Run, snapshot

ENV = {**{key: value for key, value in os.environ.items() if key != "DARKWAKE_DEBUG"}, "PYTHONPATH": str(ROOT)}


def test_ctrl_c_ends_cleanly_and_leaves_the_case_as_it_was(cli: Run, case: Path, tmp_path: Path) -> None:
    before = snapshot(cli, case)
    command = [sys.executable, "-m", "darkwake", "ingest", "-", "--case", str(case)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=tmp_path, env=ENV, **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(NMEA.encode())
        process.stdin.flush()
        deadline = time.monotonic() + 30
        while not _holds(process.pid, case) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
        said = process.stderr.read().decode()
    assert process.returncode == 130, said
    assert said.lstrip("\n") == "darkwake: stopped; run the same command again to go on\n"
    assert snapshot(cli, case) == before


# As a signal does that falls into a call of DuckDB: a reference that nobody releases.
LEAKING = """
import ctypes, os, signal, duckdb
from darkwake import cli
ctypes.pythonapi.Py_IncRef(ctypes.py_object(duckdb.connect()))
cli._run = lambda _: os.kill(os.getpid(), signal.SIGTERM)
cli.main()
"""


def test_a_signal_leaves_no_list_of_what_a_library_lost(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LEAKING], cwd=tmp_path, env=ENV, capture_output=True, text=True)
    assert done.returncode == 143
    assert done.stderr.lstrip("\n") == "darkwake: stopped; run the same command again to go on\n"


def _holds(pid: int, case: Path) -> bool:
    """Tell whether a process has the case open."""
    try:
        opened = [link.resolve() for link in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return False
    return case.resolve() in opened


def test_a_reader_that_has_seen_enough_is_no_error(meeting: Path) -> None:
    command = [sys.executable, "-m", "darkwake", "zones", "list"]
    with subprocess.Popen(command, env=ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.wait(timeout=30)
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_all_packages_are_ours() -> None:
    check()


@pytest.mark.parametrize("name", [name for name in PACKAGES if name != "darkwake"])
def test_a_foreign_package_is_named_with_what_to_do(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").write_text("", encoding="utf-8")
    env = {**ENV, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "darkwake", "zones", "list"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert str(tmp_path / name) in done.stderr
    assert "pipx" in done.stderr


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "darkwake", tmp_path / "darkwake", ignore=shutil.ignore_patterns("simulate", "__pycache__"))
    env = {**ENV, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-P", "-m", "darkwake", "zones", "list"]
    done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("darkwake: ")
    assert "Traceback" not in done.stderr


def test_the_check_is_an_import_error() -> None:
    assert issubclass(ForeignPackage, ImportError)


def test_help_names_every_command(cli: Run) -> None:
    said = cli("--help")
    assert said.code == 0
    for name in ("run", "ingest", "detect", "events", "report", "zones", "status", "simulate", "evaluate", "demo"):
        assert f"\n  {name} " in said.out
    assert "..." not in said.out.partition("Commands:")[2]


def test_an_unexpected_error_shows_no_traceback_unless_asked(
    cli: Run, case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("mmsi")

    monkeypatch.setattr("darkwake.case.Case.status", broken)
    said = cli("status", "--case", case)
    assert said.code == 1
    assert "DARKWAKE_DEBUG=1" in said.err
    assert said.err.count("\n") == 1
    monkeypatch.setenv("DARKWAKE_DEBUG", "1")
    from darkwake.cli import main

    with pytest.raises(KeyError):
        main(["status", "--case", str(case)])
