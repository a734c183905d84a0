r"""Text from a radio or a stranger's file, made safe to put into a page.

Two steps, both taken for every string of the page's data, so that none can be forgotten:

1. `visible` shows what would hide: control characters, bidirectional overrides, zero-width characters.
2. `page_json` writes one JSON value in which no character that HTML, JavaScript or a template engine gives a meaning to
   stands as itself: ``< > & ' " \ $ { } % #`` and the backtick inside strings are written as ``\uXXXX``.

The page puts these strings into text nodes only. Source: measured on folium 0.20 with branca 0.8, which renders
rendered text a second time as a template.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping

MAX_CHARACTERS = 500  # an AIS name has 20; a longer text is a table's free field or an attack on the page's size

_FILLERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by category, blank on screen
_LITERAL = re.compile(r'"(?:[^"\\]++|\\.)*+"')  # gives nothing back: a packed literal of megabytes costs no memory
_ARMED = re.compile(r"""\\(?:u[0-9a-f]{4}|.)|[<>&'$`{}%#]""")


def visible(text: str) -> str:
    """Return the text with every invisible character shown, cut at MAX_CHARACTERS.

    C0 controls become their control pictures (U+2400 block), all other characters without a glyph ``⟦U+XXXX⟧``.
    """
    cut = len(text) - MAX_CHARACTERS
    shown = text[:MAX_CHARACTERS]
    if not shown.isprintable() or not _FILLERS.isdisjoint(shown):
        shown = "".join(_shown(character) for character in shown)
    return f"{shown}… (+{cut} characters)" if cut > 0 else shown


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    printable = character.isprintable() or unicodedata.category(character) == "Zs"
    return character if printable and character not in _FILLERS else f"⟦U+{code:04X}⟧"


def page_json(value: object) -> str:
    """Return the value as JSON that may stand anywhere in a page.

    Strings pass `visible`; numbers that JSON lacks (nan, inf) become null; tuples become arrays.

    Raises:
        TypeError: The value holds something other than str, numbers, bool, None, mappings, lists and tuples.
    """
    plain = json.dumps(_shown_value(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return _LITERAL.sub(lambda literal: f'"{_ARMED.sub(_code, literal[0][1:-1])}"', plain)


def _code(found: re.Match[str]) -> str:
    token = found[0]
    if token.startswith("\\u"):
        return token
    if token.startswith("\\"):
        token = json.loads(f'"{token}"')
    return f"\\u{ord(token):04x}"


def _shown_value(value: object) -> object:
    if isinstance(value, Packed):
        return str(value)
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {visible(str(key)): _shown_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shown_value(item) for item in value]
    raise TypeError(f"a page cannot hold a {type(value).__name__}: {value!r}")


class Packed(str):
    """Base64 of packed columns: our own letters, of any length."""

    __slots__ = ()
