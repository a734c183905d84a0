"""What a mark says of a fix: the bits of `marks.flags`, each with its reason in words.

A fix is doubted if it has any bit of DOUBTED. OTHER alone doubts nothing: it is a fix of another ship than the one
that gave most of the fixes of this number.
"""

JUMP = 1
FROZEN = 2
LATE = 4
NOWHERE = 8
OTHER = 128
DOUBTED = JUMP | FROZEN | LATE | NOWHERE

REASONS = {
    JUMP: "impossible jump: no ship can have come here from where this one was",
    FROZEN: "frozen: exactly the same position again while the speed said that the ship moved",
    LATE: "time travel: the ship was here at another time; the report was received late or its clock was wrong",
    NOWHERE: "exactly 0 degrees north and east: a receiver without a position",
    OTHER: "another ship with the same number",
}


def reasons(flags: int) -> list[str]:
    """Return what a mark says, in words."""
    return [text for bit, text in REASONS.items() if flags & bit]
