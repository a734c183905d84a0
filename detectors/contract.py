"""The detector contract, and how detectors are found: one file, one frozen dataclass.

A detector reads a View and yields events. It does not print, write, ask the clock, fit a model, or know whether it
runs live or in replay. Its fields are its thresholds, its config keys and its documentation at once.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard

from detectors.drawing import Drawing
from detectors.event import Event, Reach

if TYPE_CHECKING:
    from detectors.changes import Changes
    from detectors.view import View


class Detector(ABC):
    """Base of all detectors; subclasses are frozen dataclasses.

    Attributes:
        name: How settings and commands call it.
        kinds: The kinds of event that it alone yields.
        learned: Kinds of artefact that it reads from the view.
        reads: Detectors whose events, as they stand, it reads: they run first.
        draws: What a map draws of its events, beside their place.
        memory_h: Hours by which a change is widened before looking again: the longest episode that leaves no
            event and no Reach behind.
    """

    name: ClassVar[str]
    kinds: ClassVar[tuple[str, ...]]
    learned: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()
    draws: ClassVar[tuple[Drawing, ...]] = ()
    memory_h: float

    @property
    def look_around_h(self) -> float:
        """Hours to look around a change: ``memory_h``, or more where the other thresholds make episodes longer."""
        return self.memory_h

    def stirred(self, changes: Changes) -> frozenset[int] | None:
        """Return the ships whose events may differ after a change; None = any ship's.

        Where it names some, `find` is given a view of these alone: their fixes and signs, and those of their numbers.
        """
        del changes
        return None

    @abstractmethod
    def find(self, view: View) -> Iterator[Event | Reach]:
        """Yield the events of the view, and a Reach for each unfinished reading that must not be cut."""


def threshold(default: Any, doc: str, *, unit: str = "", least: float | None = None) -> Any:
    """Declare a detector's field: its default, its reason and source, its unit and least sensible value."""
    return dataclasses.field(default=default, metadata={"doc": doc, "unit": unit, "least": least})


def discover() -> dict[str, type[Detector]]:
    """Return every detector class that a file of this package defines, by name."""
    import detectors

    found: dict[str, type[Detector]] = {}
    for module_info in sorted(pkgutil.iter_modules(detectors.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"detectors.{module_info.name}")
        for value in vars(module).values():
            if _is_detector(value) and value.__module__ == module.__name__:
                found[value.name] = value
    return found


def _is_detector(value: object) -> TypeGuard[type[Detector]]:
    """Say whether a name in a module is a detector class that can be made."""
    return isinstance(value, type) and issubclass(value, Detector) and dataclasses.is_dataclass(value)


class SettingError(ValueError):
    """A detector has no such threshold, or the value does not fit it."""


def check(detector: Detector) -> None:
    """Raise SettingError where a threshold lies under its least sensible value or is no number."""
    for field in dataclasses.fields(detector):  # type: ignore[arg-type]
        value, least = getattr(detector, field.name), field.metadata.get("least")
        if isinstance(value, float) and not (value == value and abs(value) != float("inf")):
            raise SettingError(f"{detector.name}.{field.name} is {value}; give a finite number")
        if least is not None and value < least:
            raise SettingError(f"{detector.name}.{field.name} is {value}; it must be at least {least}")
