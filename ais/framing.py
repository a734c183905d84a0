r"""One line of NMEA 0183: the AIS sentence in it, its tag block, and the time and station that stand beside it.

Forms (IEC 61162-1, NMEA 4.10 tag blocks, the USCG's trailing fields, GateHouse's $PGHP line):

    \s:117,c:1668046497*0A\!AIVDM,1,1,,A,369KwSP000<G`Kh0iukScOv00000,0*12
    !AIVDM,1,1,,B,15N5s90P00IB>dtA7f<pOwv00<1a,0*2B,b003669980,1272412825
    $PGHP,1,2012,1,31,5,7,2,151,316,2,316000002,1AIS_S,51*77

A checksum that is wrong or missing rejects the line, in the tag block too. Whatever a log has written before the
sentence (a date, half a sentence) is passed over, and no time is read from it: its zone and meaning are not known. Of
several sentences in one line the first with a right checksum counts. A line that begins with # is a comment. Nothing
here raises.

These are the rules; `ais.frames` follows them for whole blocks of lines at once and asks here about every line whose
form it does not know.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from typing import NamedTuple

from ais.source import MAX_LINE

_MICROSECOND = timedelta(microseconds=1)
_BODY = re.compile(rb"!([A-Z]{2}VD([MO]),([1-9]),([1-9]),([0-9]?),([0-9A-Z]?),([0-W`-w]+),([0-5]))\*([0-9A-Fa-f]{2})")
"""Groups: body, M or O, total, number, sequence id, channel, payload, fill bits, checksum."""

HEX = {text.encode(): value for value in range(256) for text in {f"{value:02X}", f"{value:02x}"}} | {
    f"{a}{b}".encode(): int(a + b, 16) for a in "abcdefABCDEF" for b in "abcdefABCDEF"
}
_ANY_SENTENCE = re.compile(rb"(?:\\[^\\]*\\)*[!$]([A-Z][0-9A-Z]{2,9})[,*]")
_AIS_LIKE = re.compile(rb"(?:\\[^\\]*\\)*[!$]?([A-Z]{2}VD[MO],.*)", re.DOTALL)
_AIS_WITHIN = re.compile(rb"!([A-Z]{2}VD[MO],.*)", re.DOTALL)
_PGHP = re.compile(
    rb"\$(PGHP,1,(\d{4}),(\d\d?),(\d\d?),(\d\d?),(\d\d?),(\d\d?),(\d{1,3}),[^*]*?(?:,([0-9A-Fa-f]{2}))?)"
    rb"\*([0-9A-Fa-f]{2}).*",
    re.DOTALL,
)
_EPOCH = re.compile(rb"(\d{10}(?:\.\d{1,9})?|\d{13})")
STATION = re.compile(rb"[rb][0-9A-Za-z_]+")
_BACKSLASH = 0x5C
SPACE = b" \t\r\n\v\f\0"
MILLISECONDS_FROM = 100_000_000_000  # a number of seconds this great would lie in the year 5138
FAR_US = 1 << 59  # a time in the year 20237 stands for all that come later


class Tag(NamedTuple):
    """What a line's tag blocks say.

    Attributes:
        t: UTC microseconds since 1970, or None.
        station: Source of the sentence, or None.
        group: Number of the sentence group as sent, or None.
        later: It is not the first sentence of its group.
    """

    t: int | None = None
    station: str | None = None
    group: bytes | None = None
    later: bool = False


class Sentence(NamedTuple):
    """An AIS sentence whose checksums are right.

    Attributes:
        own: Said by the receiver's own ship (VDO).
        total: How many sentences make the message.
        number: Its place among them, from 1.
        sequence: Sequence id as an ASCII code, 0 if empty.
        channel: Radio channel as an ASCII code, 0 if empty.
        at: Where in the line the payload begins.
        payload: The armoured payload.
        fill: Fill bits at the payload's end.
        given: Its checksum.
        tag: What its tag blocks say.
        rest_t: UTC microseconds by the fields after the checksum, or None.
        rest_station: Station by the fields after the checksum, or None.
    """

    own: bool
    total: int
    number: int
    sequence: int
    channel: int
    at: int
    payload: bytes
    fill: int
    given: int
    tag: Tag
    rest_t: int | None
    rest_station: str | None

    @property
    def possible(self) -> bool:
        """Whether its number is one of those that make the message."""
        return self.number <= self.total


class Wrapper(NamedTuple):
    """A $PGHP line: the time of the sentence that follows it.

    Attributes:
        t: UTC microseconds since 1970.
        given: Checksum of the sentence that it belongs to, or None.
    """

    t: int
    given: int | None


NO_TAG = Tag()


def read_line(line: bytes) -> Sentence | Wrapper | Tag | str:
    """Read one line without its end.

    Returns:
        The AIS sentence in it; or what a $PGHP line says; or, where it is understood and not kept, what its tag
        blocks say; or why it is rejected.
    """
    why = None
    comment = line.lstrip(SPACE).startswith(b"#")
    for found in _BODY.finditer(line) if not comment else ():
        tag = None
        if HEX[found[9]] == checksum(found[1]):
            tag = read_tags(tags_before(line, found.start()))
        if tag is not None:
            return _sentence(line, found, tag)
        why = "checksum"
    if why is not None:
        return why
    if len(line) >= MAX_LINE:
        return "too long"
    if line.startswith(b"$PGHP,"):
        return read_pghp(line)
    why = why_not(line)
    if why is not None:
        return why
    tag = read_tags(line[: line.rindex(b"\\") + 1]) if line.startswith(b"\\") else None
    return tag or NO_TAG


def _sentence(line: bytes, found: re.Match[bytes], tag: Tag) -> Sentence:
    _, who, total, number, sequence, channel, payload, fill, given = found.groups()
    rest = line[found.end() :]
    t, station = read_rest(rest) if len(rest) > 1 else (None, None)
    return Sentence(
        who == b"O",
        int(total),
        int(number),
        sequence[0] if sequence else 0,
        channel[0] if channel else 0,
        found.start(7),
        payload,
        int(fill),
        HEX[given],
        tag,
        t,
        station,
    )


def tags_before(line: bytes, end: int) -> bytes:
    """Return the tag blocks that stand right before a place in a line."""
    start = end
    while start > 1 and line[start - 1] == _BACKSLASH:
        opening = line.rfind(b"\\", 0, start - 1)
        if opening < 0:
            break
        start = opening
    return line[start:end]


def checksum(data: bytes) -> int:
    """Return the XOR of the bytes."""
    return reduce(xor, data, 0)


def epoch_us(text: bytes) -> int | None:
    """Return UTC microseconds of a Unix time in seconds (with or without a fraction) or milliseconds, else None."""
    whole, _, fraction = text.partition(b".")
    if not (whole.isdigit() and len(whole) <= 18 and (not fraction or fraction.isdigit())):
        return None
    number = int(whole)
    if number >= MILLISECONDS_FROM:
        return min(number * 1_000, FAR_US)
    return number * 1_000_000 + int(fraction[:6].ljust(6, b"0") if fraction else 0)


def read_tags(blocks: bytes) -> Tag | None:
    """Read the tag blocks before a sentence, backslashes included; None when a checksum is wrong or missing."""
    t: int | None = None
    station: str | None = None
    group: bytes | None = None
    later = False
    if not blocks:
        return NO_TAG
    for block in blocks[1:-1].split(b"\\\\"):
        body, star, given = block.partition(b"*")
        if not star or HEX.get(given) != checksum(body):
            return None
        for field in body.split(b","):
            if field.startswith(b"c:"):
                t = epoch_us(field[2:])
            elif field.startswith(b"s:") and len(field) > 2:
                station = field[2:].decode(errors="replace")
            elif field.startswith(b"g:"):
                number, _, name = field[2:].rpartition(b"-")
                group, later = name or None, number.partition(b"-")[0] != b"1"
    return Tag(t, station, group, later)


def read_rest(rest: bytes) -> tuple[int | None, str | None]:
    """Return time and station from the fields after a sentence's checksum: the first of each that looks so."""
    t: int | None = None
    station: str | None = None
    for field in rest.split(b","):
        field = field.strip()
        if t is None and _EPOCH.fullmatch(field):
            t = epoch_us(field)
        elif station is None and STATION.fullmatch(field):
            station = field.decode("ascii")
    return t, station


def read_pghp(line: bytes) -> Wrapper | str:
    """Return what a $PGHP line says, or why it is rejected."""
    found = _PGHP.fullmatch(line)
    if found is None:
        return "checksum" if b"*" not in line else "not understood"
    if HEX[found[10]] != checksum(found[1]):
        return "checksum"
    year, month, day, hour, minute, second, milli = (int(found[i]) for i in range(2, 9))
    try:
        at = datetime(year, month, day, hour, minute, second, milli * 1000, tzinfo=UTC)
    except (ValueError, OverflowError):
        return "clock"
    given = HEX[found[9]] if found[9] else None
    return Wrapper((at - datetime(1970, 1, 1, tzinfo=UTC)) // _MICROSECOND, given)


def why_not(line: bytes) -> str | None:
    """Say why a line that is no AIS sentence is rejected; None when it is understood and not kept."""
    bare = line.strip(SPACE)
    if (not bare and b"\0" not in line) or bare.startswith(b"#"):
        return None
    like = _AIS_LIKE.match(bare) or _AIS_WITHIN.search(bare)
    if like is None:
        tag_alone = len(bare) > 1 and bare[0] == bare[-1] == _BACKSLASH and read_tags(bare) is not None
        return None if tag_alone or _ANY_SENTENCE.match(bare) else "not understood"
    body, star, given = like[1].partition(b"*")
    if not star or HEX.get(given[:2]) != checksum(body):
        return "checksum"
    fields = body.split(b",")
    if len(fields) > 5 and not fields[5]:
        return "no payload"
    return "not understood"
