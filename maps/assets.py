"""The files that a page carries with it: Leaflet and jQuery as published, and our own script and style.

Leaflet 1.9.4 (BSD-2-Clause) and jQuery 3.7.1 (MIT) lie unchanged in `vendor/`, each with its licence, which goes into
the page in front of the code. Only their reference to a source map is left out, and pictures become data: addresses:
a page asks for nothing.
"""

import base64
import re
from functools import cache
from importlib.resources import files

_VENDOR = files("maps") / "vendor"
_PAGE = files("maps") / "page"
_SOURCE_MAP = re.compile(r"\n?//[#@] sourceMappingURL=.*\s*$")
_PICTURE = re.compile(r"url\(images/([a-z0-9-]+\.png)\)")

# names that folium gives its links -> our file
SCRIPTS = {"leaflet": "leaflet/leaflet.js", "jquery": "jquery/jquery.min.js"}
STYLES = {"leaflet_css": "leaflet/leaflet.css"}


@cache
def script(name: str) -> str:
    """Return a vendored script by folium's link name, its licence in front.

    Raises:
        KeyError: No such script is bundled.
    """
    text = _text(SCRIPTS[name])
    return f"{_licence(SCRIPTS[name])}\n{_SOURCE_MAP.sub('', text)}\n"


@cache
def style(name: str) -> str:
    """Return a vendored style sheet by folium's link name, pictures inlined, its licence in front.

    Raises:
        KeyError: No such style sheet is bundled.
    """
    text = _PICTURE.sub(lambda found: f"url({picture(found[1])})", _text(STYLES[name]))
    return f"{_licence(STYLES[name])}\n{text}\n"


@cache
def picture(name: str) -> str:
    """Return one of Leaflet's pictures as a data: address."""
    data = (_VENDOR / "leaflet" / "images" / name).read_bytes()
    return f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"


@cache
def own(*names: str) -> str:
    """Return our own page files, one after the other."""
    return "\n".join((_PAGE / name).read_text(encoding="utf-8") for name in names)


@cache
def licence(library: str) -> str:
    """Return the licence text of a vendored library (`leaflet`, `jquery`)."""
    return (_VENDOR / library / "LICENSE").read_text(encoding="utf-8").replace("\r\n", "\n").strip()


def _licence(path: str) -> str:
    return "/*!\n" + licence(path.split("/")[0]) + "\n*/"


def _text(path: str) -> str:
    return (_VENDOR / path).read_text(encoding="utf-8").replace("\r\n", "\n")
