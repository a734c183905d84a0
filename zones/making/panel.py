"""One map panel of the docs picture as SVG: equirectangular about its middle latitude, clipped to its frame.

Units: degrees in, pixels out; a metre is scaled along the meridian.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

METRES_PER_DEGREE = 111_195.0

Position = Sequence[float]


@dataclass
class Panel:
    """A map panel: its name, its frame on the page (pixels), the west, south, east, north it shows (degrees)."""

    name: str
    left: float
    top: float
    width: float
    bounds: tuple[float, float, float, float]
    marks: list[str] = field(default_factory=list)

    @property
    def scale(self) -> float:
        """Pixels per degree of latitude."""
        west, south, east, north = self.bounds
        return self.width / ((east - west) * math.cos(math.radians((south + north) / 2)))

    @property
    def height(self) -> float:
        """Height of the frame, pixels."""
        return (self.bounds[3] - self.bounds[1]) * self.scale

    def at(self, position: Position) -> tuple[float, float]:
        """Return the page's x and y of a position ``(lon, lat)``."""
        west, _, east, north = self.bounds
        return (
            round(self.left + (position[0] - west) / (east - west) * self.width, 1),
            round(self.top + (north - position[1]) * self.scale, 1),
        )

    def course(self, positions: Iterable[Position], *, closed: bool) -> str:
        """Return the SVG path of a course of positions."""
        return "M" + "L".join(f"{x},{y}" for x, y in map(self.at, positions)) + ("Z" if closed else "")

    def draw(self, geometry: Mapping[str, Any], style: str) -> None:
        """Draw a GeoJSON polygon or line in a style of SVG attributes."""
        kind, inner = geometry["type"], geometry["coordinates"]
        closed = kind.endswith("Polygon")
        depth = {"LineString": 0, "Polygon": 1, "MultiLineString": 1, "MultiPolygon": 2}[kind]
        courses = [inner] if depth == 0 else inner if depth == 1 else [ring for polygon in inner for ring in polygon]
        path = "".join(self.course(each, closed=closed) for each in courses)
        self.marks.append(f'<path d="{path}" fill-rule="evenodd" {style}/>')

    def band(self, courses: Iterable[Sequence[Position]], half_width_m: float, colour: str) -> None:
        """Draw lines as wide as their uncertainty on both sides."""
        width = max(2 * half_width_m / METRES_PER_DEGREE * self.scale, 2.0)
        path = "".join(self.course(each, closed=False) for each in courses)
        style = (
            f'fill="none" stroke="{colour}" stroke-opacity="0.28" stroke-width="{width:.1f}" stroke-linejoin="round"'
        )
        self.marks.append(f'<path d="{path}" {style}/>')

    def text(
        self, position: Position, words: str, *, colour: str = "#222", size: float = 12, anchor: str = "middle"
    ) -> None:
        """Write words, their lines parted by ``|``, with a white halo."""
        x, y = self.at(position)
        rows = "".join(
            f'<tspan x="{x}" dy="{0 if row == 0 else size * 1.15:.1f}">{escape(line)}</tspan>'
            for row, line in enumerate(words.split("|"))
        )
        self.marks.append(
            f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" class="l">{rows}</text>'
        )

    def dot(self, position: Position, words: str, *, fill: str, anchor: str = "start", size: float = 10) -> None:
        """Mark a position with a dot and its name."""
        x, y = self.at(position)
        self.marks.append(f'<circle cx="{x}" cy="{y}" r="2.6" fill="{fill}" stroke="#222" stroke-width="0.8"/>')
        aside = 6 if anchor == "start" else -6
        shift = f'x="{x + aside}" y="{y + 3.5}" font-size="{size}" text-anchor="{anchor}"'
        self.marks.append(f'<text {shift} fill="#333" class="l">{escape(words)}</text>')

    def graticule(self, step: float) -> None:
        """Draw meridians and parallels every ``step`` degrees with their figures at the frame."""
        west, south, east, north = self.bounds
        for lon in _steps(west, east, step):
            self.draw({"type": "LineString", "coordinates": [(lon, south), (lon, north)]}, _FAINT)
            x, y = self.at((lon, south))
            self.marks.append(f'<text x="{x + 3}" y="{y - 4}" font-size="9" fill="#666" class="l">{lon:g}°E</text>')
        for lat in _steps(south, north, step):
            self.draw({"type": "LineString", "coordinates": [(west, lat), (east, lat)]}, _FAINT)
            x, y = self.at((west, lat))
            self.marks.append(f'<text x="{x + 3}" y="{y - 3}" font-size="9" fill="#666" class="l">{lat:g}°N</text>')

    def svg(self) -> str:
        """Return the panel as an SVG group with frame and title."""
        frame = f'x="{self.left}" y="{self.top}" width="{self.width}" height="{self.height:.1f}"'
        clip = "clip-" + self.name.lower().replace(" ", "-")
        place = f'x="{self.left}" y="{self.top - 8}" font-size="15" font-weight="bold" fill="#222"'
        title = f"<text {place}>{escape(self.name)}</text>"
        return (
            f'<clipPath id="{clip}"><rect {frame}/></clipPath>{title}<rect {frame} fill="#f4f8fb"/>'
            f'<g clip-path="url(#{clip})">{"".join(self.marks)}</g><rect {frame} fill="none" stroke="#444"/>'
        )


_FAINT = 'fill="none" stroke="#9aa7b1" stroke-width="0.5" stroke-dasharray="2 4"'


def _steps(low: float, high: float, step: float) -> list[float]:
    first = math.ceil(low / step) * step
    return [
        first + number * step for number in range(int((high - first) / step) + 1) if low < first + number * step < high
    ]
