"""Are the five packages that this Python would import ours?

Other projects use the same names: the PyPI package `libais`, for one, installs a module `ais`. Finding a spec imports
nothing, so the check costs well under a millisecond.
"""

from importlib.machinery import PathFinder
from pathlib import Path

PACKAGES = ("ais", "detectors", "zones", "maps", "darkwake")


class ForeignPackage(ImportError):
    """A package of one of our names comes from elsewhere, or is missing."""


def check() -> None:
    """Check that all five packages lie beside this one.

    Raises:
        ForeignPackage: One does not; the message names it, where it is, and what to do.
    """
    home = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = PathFinder.find_spec(name)
        if spec is None or spec.origin is None:
            raise ForeignPackage(
                f"darkwake's package '{name}' is missing beside {home / 'darkwake'}; install darkwake again"
            )
        if Path(spec.origin).resolve().parent.parent != home:
            raise ForeignPackage(
                f"the package '{name}' at {Path(spec.origin).parent} is not darkwake's (which lies in {home}); "
                "install darkwake alone in an environment of its own, with: uv tool install darkwake (or pipx)"
            )
