"""What the report says of what was learned: the places that were masked, and the models behind scores."""

import json
from collections.abc import Mapping
from typing import Any

from ais.reader import Reader

_USED = """
WITH last AS (SELECT artefacts FROM runs QUALIFY id = max(id) OVER (PARTITION BY detector)),
named AS (SELECT DISTINCT unnest(artefacts) AS sha256 FROM last)
SELECT kind, sha256, made_from FROM artefacts SEMI JOIN named USING (sha256) ORDER BY kind, sha256
"""
_MOST_PLACES = 60
MASK = (
    "In {count} places many ships lie still over time, and so meetings there are searched hull to hull, lowered in "
    "score and listed; none is dropped, and no area for ship-to-ship transfers is among them. {places}. Learned from "
    "{inputs} (artefact {sha256})."
)
MODELS = (
    "How unusual an event is, and how like a transfer a meeting is, come from models that were learned before "
    "({models}). They order the work of a reader; they know only what they were made from, and prove nothing."
)


def learned_caveats(reader: Reader) -> list[tuple[str, str]]:
    """Return a heading and a text for what the last runs used of what was learned."""
    used = reader.query(_USED).to_pylist()
    said = [("Places where ships lie were learned", _mask(row)) for row in used if row["kind"] == "anchorages"]
    if models := [f"{row['kind']}, artefact {row['sha256'][:8]}" for row in used if row["kind"] != "anchorages"]:
        said.append(("Models order, they do not decide", MODELS.format(models="; ".join(models))))
    return said


def _mask(row: Mapping[str, Any]) -> str:
    about = json.loads(row["made_from"])
    names = [str(place["name"])[:100] for place in about["places"]]
    places = "; ".join(names[:_MOST_PLACES])
    if len(names) > _MOST_PLACES:
        places += f"; and {len(names) - _MOST_PLACES} more (table `artefacts` of the case)"
    inputs = [str(one["name"])[:100] for one in about.get("inputs", [])]
    told = " and ".join([", ".join(inputs[:5]), f"{len(inputs) - 5} more"] if len(inputs) > 5 else [", ".join(inputs)])
    return MASK.format(count=len(names), places=places, inputs=told or "another case", sha256=row["sha256"][:8])
