"""Writing a page whole or not at all: what was there before stays until the new page is complete."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from maps.offline import ReportError


def write_page(target: Path, what: str, made: Callable[[], str]) -> Path:
    """Write the page (a `what`, in words) that `made` returns and return its path; the target is checked first.

    Raises:
        ReportError: The target cannot be written.
    """
    if target.is_dir() or not target.parent.is_dir():
        raise ReportError(f"{target} cannot be a {what}: give the path of a file in a folder that exists")
    _write(target, made().encode("utf-8"))
    return target


def _write(target: Path, data: bytes) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:80]}.", suffix=".part")
    except OSError as error:
        raise ReportError(f"{target} cannot be written: {error.strerror or error}; choose another folder") from None
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise ReportError(
            f"{target} cannot be written: {error.strerror or error}; make room or choose another folder"
        ) from None


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
