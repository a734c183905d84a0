r"""Tag-blocked AIVDM lines from payloads, for many messages at once.

A line is `\s:STATION,c:EPOCH*CK\!AIVDM,1,1,,CHANNEL,PAYLOAD,FILL*CK` with CRLF (NMEA 0183 4.10 tag blocks: `s`
the receiving station, `c` its receive time in whole UTC seconds since 1970). A message of two sentences carries
`g:1-2-N` and `g:2-2-N` first. Lines are rows of a byte matrix padded with NUL, which a checksum (XOR) ignores and
the last step drops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

#: Payload characters in the first of two sentences; keeps each line under the 82 characters of NMEA 0183.
SPLIT = 60
_HEX = np.frombuffer(b"0123456789ABCDEF", dtype=np.uint8)


@dataclass(frozen=True)
class Envelope:
    """What surrounds each payload, one value for every message.

    station: ASCII name; epoch_s: receive time, seconds since 1970; channel: 0 for A, 1 for B; sequence: 0-9,
    the id that joins the parts of one message; group: the number of the tag block's group.
    """

    station: NDArray[np.bytes_]
    epoch_s: NDArray[np.int64]
    channel: NDArray[np.int64]
    sequence: NDArray[np.int64]
    group: NDArray[np.int64]


def frame(payload: Bytes, fill_bits: int, envelope: Envelope) -> list[Bytes]:
    """Lines of messages of one type.

    Args:
        payload: characters, shape (characters, n).
        fill_bits: as `bits.pack` gives it.
        envelope: receivers and times.

    Returns:
        One matrix per sentence of a message, each of shape (n, width), padded with NUL.
    """
    parts = [payload[:SPLIT], payload[SPLIT:]] if len(payload) > SPLIT else [payload]
    lines = []
    for number, part in enumerate(parts, start=1):
        fill = fill_bits if number == len(parts) else 0
        tag = _tag(envelope, number, len(parts))
        body = _body(part, fill, envelope, number, len(parts))
        lines.append(
            np.concatenate(
                [_const(b"\\", body), *_summed(tag), _const(b"\\!", body), *_summed(body), _const(b"\r\n", body)]
            ).T
        )
    return lines


def _tag(envelope: Envelope, number: int, total: int) -> Bytes:
    n = len(envelope.epoch_s)
    station = envelope.station.view(np.uint8).reshape(n, -1).T
    head = (
        []
        if total == 1
        else [_literal(f"g:{number}-{total}-".encode(), n), decimal(envelope.group, 9), _literal(b",", n)]
    )
    return np.concatenate([*head, _literal(b"s:", n), station, _literal(b",c:", n), decimal(envelope.epoch_s, 10)])


def _body(part: Bytes, fill: int, envelope: Envelope, number: int, total: int) -> Bytes:
    n = part.shape[1]
    sequence = _literal(b"", n) if total == 1 else (envelope.sequence + ord("0")).astype(np.uint8)[None, :]
    channel = np.where(envelope.channel == 0, ord("A"), ord("B")).astype(np.uint8)[None, :]
    return np.concatenate(
        [
            _literal(f"AIVDM,{total},{number},".encode(), n),
            sequence,
            _literal(b",", n),
            channel,
            _literal(b",", n),
            part,
            _literal(f",{fill}".encode(), n),
        ]
    )


def _summed(rows: Bytes) -> list[Bytes]:
    check = np.bitwise_xor.reduce(rows, axis=0)
    return [rows, _const(b"*", rows), _HEX[check >> 4][None, :], _HEX[check & 15][None, :]]


def _literal(text: bytes, n: int) -> Bytes:
    return np.repeat(np.frombuffer(text, dtype=np.uint8)[:, None], n, axis=1)


def _const(text: bytes, like: Bytes) -> Bytes:
    return _literal(text, like.shape[1])


def decimal(values: NDArray[np.int64], digits: int) -> Bytes:
    """Decimal digits without leading zeros, NUL in their place; shape (digits, n). Values must be 0 or more."""
    out = np.zeros((digits, len(values)), dtype=np.uint8)
    rest = values.copy()
    for row in range(digits - 1, -1, -1):
        shown = (rest > 0) | (row == digits - 1)
        out[row] = np.where(shown, rest % 10 + ord("0"), 0)
        rest //= 10
    return out
