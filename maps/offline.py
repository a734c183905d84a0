"""A folium map whose page asks for nothing, under a strict content policy, with data that no template engine sees.

folium (with branca) renders each element's text and then renders the result once more as a template, so a ship's name
with ``{{ }}`` in it would run on this host. What carries data here are `Verbatim` elements: their `render` returns
their text as it is. `OfflineFigure` renders the map, swaps each script and style link by its name for the bundled
file, fails on a name that it does not know, and heads the page with a policy (CSP) under which only the scripts it
wrote, by their hashes, can run. A page that is served may also ask who served it, and only its own style counts there.
"""

import base64
import hashlib
import re
from collections.abc import Callable

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink

from maps import assets
from maps.text import page_json

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_POLICY_MARK = "<!--content policy-->"
_ICONS = {"iconUrl": "marker-icon.png", "iconRetinaUrl": "marker-icon-2x.png", "shadowUrl": "marker-shadow.png"}


class ReportError(ValueError):
    """A page cannot be made or written; the message says why and what to do."""


class Verbatim(Element):
    """A piece of page that no template engine sees."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._name = "Verbatim"
        self._text = text

    def render(self, **kwargs: object) -> str:
        """Return the text as it is."""
        return self._text


class OfflineFigure(Figure):
    """A page that carries all that it needs.

    Attributes:
        policy: Returns the content policy of a page's text.
    """

    def __init__(self, policy: Callable[[str], str]) -> None:
        super().__init__()
        self.policy = policy

    def render(self, **kwargs: object) -> str:
        """Return the page.

        Raises:
            ReportError: A layer asks for a script or style that is not bundled.
        """
        for child in list(self._children.values()):
            child.render(**kwargs)
        self.header.add_child(Verbatim(_POLICY_MARK), name="content_policy", index=1)
        for name, element in list(self.header._children.items()):
            self.header._children[name] = _inlined(name, element)
        html = str(self._template.render(this=self, kwargs=kwargs)).replace("\r\n", "\n")
        said = f'<meta http-equiv="Content-Security-Policy" content="{self.policy(html)}">'
        return html.replace(_POLICY_MARK, said, 1)


def _inlined(name: str, element: Element) -> Element:
    try:
        if isinstance(element, JavascriptLink):
            return Verbatim(f"<script>{assets.script(name)}</script>")
        if isinstance(element, CssLink):
            return Verbatim(f"<style>{assets.style(name)}</style>")
    except KeyError:
        raise ReportError(
            f"a layer of this map needs '{name}' from {getattr(element, 'url', 'elsewhere')}, which is not "
            f"bundled; leave that layer out, or "
            "make the map with network=True and accept that it loads files from the network"
        ) from None
    return element


def offline_policy(html: str) -> str:
    """Return the policy of a page that asks for nothing."""
    return (
        f"default-src 'none'; script-src {_hashes(_SCRIPT, html)}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def served_policy(html: str) -> str:
    """Return the policy of a page that asks who served it, and nobody else."""
    return (
        f"default-src 'none'; script-src {_hashes(_SCRIPT, html)}; style-src {_hashes(_STYLE, html)}; img-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'"
    )


def _hashes(pattern: re.Pattern[str], html: str) -> str:
    return " ".join(sorted({_hash(text) for text in pattern.findall(html)}))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


class OfflineMap(folium.Map):
    """A `folium.Map` without tiles in an `OfflineFigure`; it takes other layers as any folium map does."""

    def __init__(
        self,
        *,
        center: tuple[float, float],
        jquery: bool = True,
        policy: Callable[[str], str] = offline_policy,
    ) -> None:
        """Make the map around a center (longitude, latitude in degrees), with jQuery, which folium's popups need."""
        super().__init__(
            location=[center[1], center[0]],
            zoom_start=6,
            tiles=None,
            maxZoom=16,
            zoomSnap=0.25,
            zoomAnimation=False,
            fadeAnimation=False,
        )
        self._id = "case"
        names = ("leaflet", "jquery") if jquery else ("leaflet",)
        # the address stands for the name only: it never gets into a page
        self.default_js = [(name, f"bundled:{assets.SCRIPTS[name]}") for name in names]
        self.default_css = [(name, f"bundled:{path}") for name, path in assets.STYLES.items()]
        OfflineFigure(policy).add_child(self, name="case")


class CaseLayer(Element):
    """Our part of a page: style, data and script, added to a map as one layer."""

    def __init__(self, data: object, *, scripts: tuple[str, ...], styles: tuple[str, ...], body: str = "") -> None:
        """Take the data (anything `page_json` writes) and the names of our page files."""
        super().__init__()
        self._name = "CaseLayer"
        self._id = "darkwake"
        self._json = page_json(data)
        self._scripts = scripts
        self._styles = styles
        self._body = body

    def render(self, **kwargs: object) -> str:
        """Put style, data and script into the page's head, body and foot; nothing stands where the layer stands."""
        figure = self.get_root()
        if not isinstance(figure, Figure) or self._parent is None:
            raise ReportError("a case layer can only be rendered as part of a map")
        style = assets.own(*self._styles)
        figure.header.add_child(Verbatim(f"<style>{style}</style>"), name="darkwake_style")
        data = f'<script type="application/json" id="dw-data">{self._json}</script>'
        figure.html.add_child(Verbatim(data + self._body), name="darkwake_data", index=0)
        script = (
            f"{_default_icons()}\n{assets.own(*self._scripts)}\nDW.start({self._parent.get_name()}).catch(DW.failed);"
        )
        figure.script.add_child(Verbatim(script), name="darkwake_script")
        return ""


def _default_icons() -> str:
    """Leaflet looks for its marker pictures beside its style sheet; there is none."""
    pictures = ",".join(f'{option}:"{assets.picture(name)}"' for option, name in _ICONS.items())
    return f'L.Icon.Default.imagePath="";L.Icon.Default.mergeOptions({{{pictures}}});'
