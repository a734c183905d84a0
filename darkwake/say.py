"""Words for a terminal: whatever a radio or a file name put into them, only plain characters come out.

Control characters can move the cursor, retitle the window or hide text; direction marks can reverse it. Rich markup is
never parsed: text is printed as it stands.
"""

import errno
import unicodedata
from collections.abc import Iterable, Sequence

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_ADVICE = {
    errno.ENOSPC: "free some space there and run again",
    errno.EDQUOT: "free some space there and run again",
    errno.EFBIG: "free some space there and run again",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
    errno.EROFS: "choose a folder that can be written",
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file in it",
    errno.ENOTDIR: "check the path",
}


def plain(text: str, *, keep_spaces: bool = False) -> str:
    """Return text on one line without control, direction or private characters, runs of spaces as one unless kept."""
    spaced = text if keep_spaces else " ".join(text.split())
    if spaced.isascii() and spaced.isprintable():
        return spaced
    return "".join(char for char in spaced if unicodedata.category(char) not in _HIDDEN)


def os_error(error: OSError) -> str:
    """Return what a failed file operation means and what to do, in a sentence."""
    what = error.strerror or str(error)
    where = f"{error.filename}: " if error.filename else ""
    advice = _ADVICE.get(error.errno or 0)
    return f"{where}{what[:1].lower()}{what[1:]}" + (f"; {advice}" if advice else "")


def table(rows: Iterable[Sequence[str]], head: Sequence[str], width: int | None = None) -> str:
    """Return rows as aligned columns under a head; lines are cut to `width` characters if one is given."""
    cells = [list(head), *([plain(cell) for cell in row] for row in rows)]
    sizes = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(map(str.ljust, row, sizes)).rstrip() for row in cells]
    if width is not None:
        lines = [line if len(line) <= width else line[: width - 1] + "…" for line in lines]
    return "\n".join(lines)


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: `1 event`, `1,204 events`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
