"""Which format an input is in, told from its first bytes; a sentence to its user when it is none of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ais.layouts import layout_of
from ais.source import InputError

FORMATS = ("nmea", "csv", "json", "parquet")


class UnknownFormat(InputError):
    """An input is in none of our formats: a picture, a text. In a folder it is left out, which is no failure."""


_PARQUET = b"PAR1"
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[?\s*\{\s*\"")
_JSON_OF_OURS = re.compile(rb'"(?:class|nmea|mmsi|MessageType)"\s*:')
_AIS = re.compile(rb"![A-Z]{2}VD[MO],")
_SENTENCE = re.compile(rb"^(?:\\[^\\]*\\)?[!$][A-Z]{5},", re.MULTILINE)
_TEXT = bytes({7, 8, 9, 10, 12, 13, 27, *range(32, 127), *range(128, 256)})


def delimiter_of(header: str) -> str:
    """Return what separates the columns of a CSV header: comma, semicolon, tab or bar, whichever is most."""
    return max(",;\t|", key=header.count)


def header_of(head: bytes) -> str:
    """Return the first line of a text without byte-order mark."""
    return head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "replace")


def shown(columns: Sequence[str]) -> str:
    """Return column names for an error: not too many, not too long, nothing that a terminal would obey."""
    names = ("".join(char if char.isprintable() else "?" for char in name[:40]) for name in columns[:40])
    return ", ".join(names)


def format_of(head: bytes, name: str, columns: Mapping[str, str]) -> str:
    """Return the format of an input.

    Args:
        head: Its first bytes, decompressed.
        name: Its name, for the error.
        columns: What its user says of its columns; with them a text is CSV unless it holds AIS sentences.

    Raises:
        InputError: It is a table of no known layout.
        UnknownFormat: It is binary, or a text of no format.
    """
    if head.startswith(_PARQUET):
        return "parquet"
    if _JSON.match(head):  # before sentences, which AIS-catcher's objects hold
        if _JSON_OF_OURS.search(head):
            return "json"
        raise UnknownFormat(f"{name} is JSON without AIS messages; AIS-catcher's, gpsd's and aisstream's are read")
    if _AIS.search(head):
        return "nmea"
    odd = len(head.translate(None, _TEXT))
    if odd > len(head) // 100 or b"\0" in head[:1000]:
        raise UnknownFormat(f"{name} is a binary file; give NMEA sentences, CSV, JSON lines or Parquet")
    header = header_of(head)
    fields = [field.strip().strip('"') for field in header.split(delimiter_of(header))]
    if columns or layout_of(fields):
        return "csv"
    if _SENTENCE.search(head):
        return "nmea"
    if len(fields) > 2 or (len(fields) > 1 and name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))):
        raise InputError(
            f"{name} looks like CSV of no known layout; say which column is which, for example "
            f"--columns mmsi=ID,t=TIME,lon=LONGITUDE,lat=LATITUDE; it has {shown(fields)}"
        )
    raise UnknownFormat(
        f"{name} holds neither AIS sentences nor a table; give NMEA (!AIVDM), CSV, JSON lines or Parquet"
    )
