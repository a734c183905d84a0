"""The check digit of an IMO ship number, for all who ask.

Weights 7 to 2 on the first six digits; the last digit of the sum is the seventh (IMO Resolution A.1117(30)). It does
not catch every slip: 7625811 and 7605811 both pass.
"""

import numpy as np

from detectors.geo import Bools, Ints


def check_digits_right(imo: Ints) -> Bools:
    """Say of each number whether it has at most seven digits, is not 0, and its check digit is right."""
    number = np.asarray(imo, dtype=np.int64)
    total = sum(number // 10**place % 10 * (place + 1) for place in range(1, 7))
    return np.asarray((number > 0) & (number < 10_000_000) & (total % 10 == number % 10))


def check_digit_right(imo: int) -> bool:
    """Say whether a number has at most seven digits, is not 0, and its check digit is right."""
    return 0 < imo < 10_000_000 and bool(check_digits_right(np.array([imo]))[0])


def imo_verdict(imo: int) -> str:
    """Say in words whether an IMO number's check digit is right."""
    if len(f"{imo:07d}") != 7:
        return "no IMO number: not seven digits"
    return "check digit right" if check_digit_right(imo) else "check digit wrong"
