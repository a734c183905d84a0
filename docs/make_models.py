"""Make the models that come with darkwake, and docs/models.md, from the truth corpus: python docs/make_models.py.

Takes about five minutes. The same code and the same locked libraries give the same files. A test holds the page to the
files; when detectors or the corpus change, run this and commit what it wrote.
"""

import gzip
import json
from dataclasses import asdict
from pathlib import Path

from darkwake.lessons import SEEDS, Lessons, corpus_lessons
from detectors.artefacts import Artefact, parse
from detectors.features import FEATURES, MEETINGS
from detectors.fitting import fit_meetings, fit_unusual, measure

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "detectors" / "data"
SAMPLE = HERE.parent / "tests" / "data" / "models" / "meetings.json.gz"
_UNSEEN = ("series", "members", "listed", "unusual", "like_transfer")
_FIGURES = {
    "events": "meetings",
    "transfers": "of them transfers",
    "groups": "groups of ships",
    "auroc": "AUROC",
    "auroc_distance": "AUROC of least distance alone",
    "auroc_shuffled": "AUROC with shuffled labels",
    "ece": "expected calibration error",
}
_HEAD = """# Models

Made by `python docs/make_models.py`, which also makes the files in `detectors/data`. They are inputs of detection, like
zones: a case keeps what it was judged with (table `artefacts`), `runs` names it by its hash, and the same artefact and
the same positions give the same score. Neither changes the kind, the score or the existence of an event. They order
work and prove nothing.

Files are skops files that hold arrays of numbers and one text, nothing else; a file with any other type is refused.
`darkwake train` makes your own, `darkwake train import` takes one from elsewhere.
"""
_MEETINGS = """## Like a transfer (`like_transfer`)

A logistic regression of {features} numbers taken from a meeting's evidence, calibrated by a sigmoid (scikit-learn's
CalibratedClassifierCV). Kind, ships, place and time are not among them. Artefact `{sha256}`, {bytes:,} bytes.

**What it saw.** Meetings that darkwake found in the corpus families {corpus},
seeds {first} to {last}, all simulated. A meeting is a transfer where half of its time or more lies in a planted
transfer of the same ships, at sea or in an STS area; meetings in roads and at quays, tugs, pilots, pair trawlers and
double transponders are not. Splits are by ship: ships that met, and those that these met, are on one side. The blind
family was held out whole.

| | ships held out (5 folds) | blind family |
|---|---|---|
{figures}

**What weighs most**, in log-odds per standard deviation:

| number | weight |
|---|---|
{weights}

**Where it fails.** All ships are simulated, and the corpus has fewer sorts of innocent company than the sea: two cargo
ships alongside each other in open water for repairs, spare parts or a tow look like a transfer to it. It takes from
ships what they say of themselves: a tanker that says she is a tug, or says nothing, misleads it. Transfers in ports and
roads score low by design, as no known port or anchorage is the strongest sign. Short pieces of a meeting broken by
silence score low. That it hardly errs on ships held out says that simulated company is easy to tell apart, more than
that it would on real ships. In other waters its chances are not calibrated. One-sided meetings are not its subject:
those are `loitering`.
"""
_UNUSUAL = """## Unusual (`unusual`)

An isolation forest (scikit-learn's IsolationForest, 64 trees of 128 events) for each of {groups}. The score is the
share of the events learned from that are less out of the way. Artefact `{sha256}`, {bytes:,} bytes.

**What it saw.** The events that darkwake found in the same corpus: {counts}.
No labels.

**Held-out figures.** On the meetings of the blind family the mean rank is {mean:.2f}, and {rare:.0%} rank 0.95 or
more (0.50 and 5% would be the same traffic): simulated traffic of another hand is already a little strange to it.

**Where it fails.** It knows simulated traffic of 36 to 60 hours in the Yellow and East Seas and nothing else. On real
traffic, or elsewhere, most events are unusual to it: learn your own from a case with a few weeks of data
(`darkwake train unusual --case C.duckdb`, at least 60 events of a sort). Rare is not wrong: a rescue is rarer than a
transfer.
"""
_MASK = """## Places where ships lie (`masked`)

None comes with darkwake: `darkwake train anchorages --case C.duckdb` learns them from your data. A cell of 0.01 degrees
where ships lay belongs to such a place when 8 different ships lay still (under half a knot made good) for 96 hours in
all, within it and the eight cells around it. Meetings there are searched hull to hull, lowered and listed, never
dropped. A cell with any part in an STS area of the zones is left out, and no meeting inside one is ever masked.

**Where it fails.** It knows only what was received: roads out of reach are not learned. A place that smugglers use long
enough looks like roads too; the report names every place that was masked, with the hash of the artefact.
"""


def page(meetings: Artefact, unusual: Artefact) -> str:
    """Return the page for the artefacts that come with darkwake."""
    held_out, blind = meetings.about["figures"], meetings.about["blind"]
    weights = sorted(
        zip(FEATURES[MEETINGS], meetings.arrays["weight"].tolist(), strict=True), key=lambda pair: -abs(pair[1])
    )
    told = unusual.about["groups"]
    parts = [
        _HEAD,
        _MEETINGS.format(
            features=len(FEATURES[MEETINGS]),
            sha256=meetings.sha256[:16],
            bytes=len(meetings.data),
            corpus=", ".join(meetings.about["corpus"]),
            first=min(meetings.about["seeds"]),
            last=max(meetings.about["seeds"]),
            figures="\n".join(f"| {words} | {held_out[key]} | {blind[key]} |" for key, words in _FIGURES.items()),
            weights="\n".join(f"| {feature.words} | {weight:+.2f} |" for feature, weight in weights[:10]),
        ),
        _UNUSUAL.format(
            groups=", ".join(told),
            sha256=unusual.sha256[:16],
            bytes=len(unusual.data),
            counts=", ".join(f"{about['events']:,} {group}" for group, about in told.items()),
            **unusual.about["blind"],
        ),
        _MASK,
    ]
    return "\n".join(parts)


def shipped() -> tuple[Artefact, Artefact]:
    """Return the artefacts of meetings and of what is unusual, as they are kept."""
    found = [parse((DATA / f"{kind}.skops").read_bytes(), kind) for kind in ("meetings", "unusual")]
    return found[0], found[1]


def learn() -> None:
    """Make both artefacts."""
    from detectors.features import matrix
    from detectors.models import Forest

    lessons = corpus_lessons(SEEDS, step=print)
    tried, _ = fit_meetings(lessons.meetings, lessons.made_from)
    about = {**lessons.made_from, "blind": asdict(measure(tried, lessons.blind))}
    meetings, _ = fit_meetings(lessons.meetings, about)
    forest = Forest.of(fit_unusual(lessons.evidence, lessons.made_from), MEETINGS)
    assert forest is not None
    rank = forest.rank(matrix(MEETINGS, [one.evidence for one in lessons.blind]))
    seen = {"mean": round(float(rank.mean()), 2), "rare": round(float((rank >= 0.95).mean()), 2)}
    unusual = fit_unusual(lessons.evidence, {**lessons.made_from, "blind": seen})
    for made in (meetings, unusual):
        (DATA / f"{made.kind}.skops").write_bytes(made.data)
    SAMPLE.write_bytes(sample(lessons))


def sample(lessons: Lessons) -> bytes:
    """Return half of the lessons for the tests, without what models do not see."""
    rows = [
        [name, one.ships, one.transfer, {key: value for key, value in one.evidence.items() if key not in _UNSEEN}]
        for name, meetings in (("corpus", lessons.meetings), ("blind", lessons.blind))
        for one in meetings[: len(meetings) // 2]
    ]
    return gzip.compress(json.dumps(rows, separators=(",", ":")).encode(), mtime=0)


def main() -> None:
    """Make the artefacts and the page."""
    learn()
    (HERE / "models.md").write_text(page(*shipped()), encoding="utf-8")


if __name__ == "__main__":
    main()
