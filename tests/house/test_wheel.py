"""The wheel holds what the tree holds, and runs where nothing else of the project is."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ais", "zones", "detectors", "maps", "darkwake")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_the_tree_holds(wheel: Path) -> None:
    in_tree = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    assert in_wheel == in_tree
    assert len(licences) == 1


def test_the_wheel_alone_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    bin_ = tmp_path / "env" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", bin_ / "python", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, wheel], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path / "env")}))
    # This environment's libraries by path only: its own .pth files, the editable darkwake among them, are not read.
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV_"))}

    def run(*command: object) -> str:
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run(bin_ / "python", "-c", "import maps; print(maps.__file__)").startswith(str(site))
    said = run(bin_ / "darkwake", "demo", "-o", "out")
    assert said.splitlines()[-1] == "Report: out/demo.html"
    assert (tmp_path / "out" / "demo.html").stat().st_size > 100_000
