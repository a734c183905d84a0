"""What people see: the offline report, the replay, and maps for notebooks.

`write_report` and `write_replay` write one HTML file that loads nothing; `case_map` returns a folium map. Importing
this package is light: folium comes with the first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from maps.notebook import case_map
    from maps.offline import ReportError
    from maps.replay import write_replay
    from maps.report import write_report

__all__ = ["ReportError", "case_map", "write_replay", "write_report"]

_HOMES = {
    "ReportError": "maps.offline",
    "case_map": "maps.notebook",
    "write_replay": "maps.replay",
    "write_report": "maps.report",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'maps' has no attribute '{name}'")
