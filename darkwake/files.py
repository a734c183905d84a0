"""Writing a file whole or not at all: a full disk or Ctrl-C leaves the old one as it was."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile


def write_whole(path: Path, data: bytes) -> None:
    """Write beside the target, then take its name.

    Raises:
        OSError: The folder cannot be written, or the disk is full; the target is as before.
    """
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe
        path.write_bytes(data)
        return
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError, UnboundLocalError):
            temporary.unlink()
        raise type(error)(error.errno, error.strerror, str(path)) from None


def _umask() -> int:
    """Return the process's file mode mask."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
