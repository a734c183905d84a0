"""Bytes as they come to whole lines, and the stamp that a line without a receive time gets."""

from __future__ import annotations

import re
from functools import reduce
from operator import xor

import msgspec

from ais import jsonobjects
from ais.framing import Sentence, Wrapper, read_line, tags_before

MOST_BYTES = 60_000  # of a line: a longer one is cut into several, none of which can be a sentence
_SAYS_BOTH = re.compile(rb"\\(?:g:[^,*\\!]*,)?s:[^,*\\!]+,c:\d{10,13}\*..\\!")
_BLANK = b" \t\xef\xbb\xbf"
_STATION_CHARS = 32  # of a station's name in a stamp


class Splitter:
    """Cuts what one connection sends into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def lines(self, data: bytes) -> list[bytes]:
        """Return the lines that are whole now, without their ends."""
        *whole, rest = (self._rest + data).split(b"\n")
        while len(rest) > MOST_BYTES:
            whole.append(rest[:MOST_BYTES])
            rest = rest[MOST_BYTES:]
        self._rest = rest
        return [part for line in whole for part in _pieces(line.rstrip(b"\r"))]

    def end(self) -> list[bytes]:
        """Return what is left when nothing more comes."""
        rest, self._rest = self._rest.rstrip(b"\r"), b""
        return _pieces(rest) if rest else []


def is_json(line: bytes) -> bool:
    """Say whether a line looks like JSON rather than NMEA."""
    return line.lstrip(_BLANK)[:1] in (b"{", b"[", b"]", b"}")


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of a message that is whole by itself, without their ends."""
    splitter = Splitter()
    return splitter.lines(data) + splitter.end()


def _pieces(line: bytes) -> list[bytes]:
    return [line[at : at + MOST_BYTES] for at in range(0, max(len(line), 1), MOST_BYTES)]


class Stamp:
    """Puts a tag block with receive time and source before sentences of one connection that say neither.

    A sentence keeps what it says itself, in a tag block, after its checksum or by the $PGHP line before it; a further
    sentence of a tag-block group takes its time from the first.
    """

    def __init__(self, source: str) -> None:
        self._source = "".join(c if c.isascii() and (c.isalnum() or c in "._-:") else "-" for c in source)[
            :_STATION_CHARS
        ].encode()
        self._wrapped = False

    def stamped(self, line: bytes, t_us: int) -> bytes:
        """Return a line as it goes to the spool.

        Args:
            line: Without its end.
            t_us: When it came, UTC microseconds.
        """
        if _SAYS_BOTH.match(line) and line.count(b"!") == 1:  # right or wrong, it stays as it is
            self._wrapped = False
            return line
        if is_json(line):
            return self._stamped_json(line, t_us)
        said = read_line(line)
        wrapped, self._wrapped = self._wrapped, isinstance(said, Wrapper)
        if not isinstance(said, Sentence):
            return line
        timed = wrapped or said.tag.t is not None or said.rest_t is not None or said.tag.later
        placed = said.tag.station is not None or said.rest_station is not None or said.tag.later
        fields = [] if placed else [b"s:" + self._source]
        if not timed:
            fields.append(b"c:%d.%06d" % divmod(t_us, 1_000_000))
        if not fields:
            return line
        bang = line.rindex(b"!", 0, said.at)
        at = bang - len(tags_before(line, bang))
        body = b",".join(fields)
        return b"%b\\%b*%02X\\%b" % (line[:at], body, reduce(xor, body), line[at:])

    def _stamped_json(self, line: bytes, t_us: int) -> bytes:
        """Give an object that is one message its time and source by the keys that AIS-catcher has for them."""
        try:
            said = jsonobjects.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return line
        if isinstance(said, list) or said.msgs is not None or said.kind not in (None, "AIS"):
            return line
        fields = b""
        if jsonobjects.time_of(said) is None:
            fields += b'"rxuxtime":%d.%06d,' % divmod(t_us, 1_000_000)
        if said.stationid is None and said.station_id is None:
            fields += b'"station_id":"%b",' % self._source
        at = line.index(b"{") + 1
        return line[:at] + fields + line[at:] if fields and line[at:].strip() != b"}" else line
