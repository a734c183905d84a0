"""The front door: command line, settings, the scenario maker and the Python API.

`from darkwake import Case` is the whole Python surface; it loads nothing heavy until a method needs it.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from darkwake.case import Case

__all__ = ["Case", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Load `Case` when it is first asked for, so that `darkwake --help` stays quick."""
    if name == "Case":
        from darkwake.case import Case

        return Case
    raise AttributeError(f"module 'darkwake' has no attribute {name!r}")
