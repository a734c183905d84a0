"""What every page says about its method and its limits."""

CAVEATS: tuple[tuple[str, str], ...] = (
    (
        "AIS is self-reported",
        "Name, number, type, position and status are what a transmitter said. Ships share numbers, send false "
        "positions and change "
        "names. Nothing here proves which hull was meant.",
    ),
    (
        "A silence is not proof",
        "A gap can be a switched-off transponder, lost reception, a receiver that was down or a failed set. The "
        "verdict says only whether "
        "other ships were heard there and then.",
    ),
    (
        "What nobody heard is not here",
        "Ships without AIS, and those out of reach of every receiver, leave no trace. White water on the map was "
        "not heard; it was not "
        "seen to be empty.",
    ),
    (
        "Lines are disputed",
        "Several lines at sea have never been published or are not recognised by their neighbours. Each zone "
        "names its source, whose line "
        "it is, its legal status, how uncertain its edge is, and which other line disagrees.",
    ),
    (
        "A score is a rule",
        "Scores come from documented rules and thresholds, listed below. They order the work of a reader; they "
        "are not probabilities.",
    ),
    (
        "The machine accuses nobody",
        "An event is consistent with what its kind names, and with the ordinary explanations beside it. Findings "
        "need corroboration, such "
        "as imagery, port records or the answer of the flag state and the owner, before anyone acts on them.",
    ),
)
LISTS = (
    "By IMO number, else by MMSI with name: what was sent can be false, and no match clears nobody. "
    "Held against: {lists}."
)
EMPTY = (
    "It does not mean that nothing happened: ships that sent no AIS, or that no receiver heard, are not in these "
    "inputs.",
    "It does not mean that the sea was watched: the shaded cells show where anything was heard; the rest was not.",
    "It may mean that the thresholds were not met: a meeting under the least time or over the greatest distance "
    "is no event here.",
    "It may mean that the inputs are too short: a silence needs a report before it and enough time after it.",
)
COUNTING = (
    "Every line is accounted for: lines = stored + other + duplicates + rejects. Stored lines gave a position, a "
    "sign of life, an identity "
    "or a fixed station; other lines were understood and not needed."
)
DRAWING = (
    "Solid lines join positions that were received. Dashed lines span stretches of more than {unheard} minutes "
    "without a position: they are "
    "straight, and not a route. A small cross is a doubted position (an impossible jump, frozen, late) or one of "
    "another ship with the same number, counted but joined to no line. The pale band along a marked zone's edge is the "
    "width in which that edge may lie. {thinning} "
    "Positions are drawn rounded to 1 m, zones and coast to about {tolerance} m; detection used the exact ones. "
    "Projection: Mercator; "
    "datum WGS84; coast: Natural Earth 1:10m, public domain."
)
