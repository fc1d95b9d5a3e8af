"""The trained part: weights from the repository, and what they think of a message.

Scores become chances here; what follows from a chance is decided in `classifier/reader.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from classifier import words
from classifier.kernel import Floats, Machine, restore
from tickets.types import RIGHTS_OF, Intent, Right, Topic

HERE: Final = Path(__file__).parent
CORPUS: Final = HERE / "corpus"
WEIGHTS: Final = HERE / "weights" / "reader.npz"
MANIFEST: Final = HERE / "weights" / "manifest.json"

INTENTS: Final = tuple(Intent)
RIGHTS: Final = tuple(Right)
TOPICS: Final = tuple(Topic)
SECTIONS: Final = (0, 1, 2, 3, 4, 5)
RIGHTS_INTENTS: Final = frozenset(RIGHTS_OF)

HEADS: Final[Mapping[str, slice]] = {
    "intent": slice(0, 11),  # the primary intent
    "label": slice(11, 22),  # every intent that is there
    "right": slice(22, 35),
    "topic": slice(35, 40),  # of a privacy question
    "section": slice(40, 46),  # of a question that the policy answers
    "rights": slice(46, 47),  # any right at all
    "answerable": slice(47, 48),  # whether the policy answers
}
"""Which columns of the coefficients answer what."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How one model's scores become chances; fitted on messages that it had not seen."""

    temperature: float
    logits: Mapping[str, tuple[float, float]]  # slope and offset of "label", "right", …

    def chances(self, name: str, scores: Floats) -> Floats:
        """Return independent chances of the heads of one name."""
        slope, offset = self.logits[name]
        chances: Floats = 1 / (1 + np.exp(-np.clip(slope * scores + offset, -30, 30)))
        return chances

    def intents(self, scores: Floats) -> Floats:
        """Return chances of the primary intents; a row sums to one."""
        raised = np.exp(self.temperature * (scores - scores.max(axis=1, keepdims=True)))
        chances: Floats = raised / raised.sum(axis=1, keepdims=True)
        return chances


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a model thinks of one message."""

    intents: Floats
    labels: Floats
    rights: Floats
    topics: Floats
    sections: Floats
    any_right: float
    answerable: float
    has_second: bool

    def chance(self, intent: Intent) -> float:
        """Return the chance that this is the primary intent."""
        return float(self.intents[INTENTS.index(intent)])

    def label(self, intent: Intent) -> float:
        """Return the chance that this intent is there at all."""
        return float(self.labels[INTENTS.index(intent)])


@dataclass(frozen=True, slots=True)
class Model:
    """Two machines over the same corpus: one vector a message, or both."""

    one: Machine
    both: Machine
    calibrations: Mapping[str, Calibration]
    mean: Floats  # of the second model's vectors
    turn: Floats  # spreads them out
    share: float  # of the second model in the comparison
    settings: Mapping[str, float] = field(default_factory=dict)

    def opinions(self, first: Floats, cues: Floats, second: Floats | None = None) -> list[Opinion]:
        """Return an opinion for every row of vectors and cues."""
        if not len(first):
            return []
        if second is None:
            rows = np.hstack([first, cues])
            return _opinions(self.one.scores(rows), self.calibrations["one"], has_second=False)
        rows = side_by_side(first, spread(second, self.mean, self.turn), cues, self.share)
        return _opinions(self.both.scores(rows), self.calibrations["both"], has_second=True)

    @classmethod
    def load(cls, weights: Path = WEIGHTS, manifest: Path = MANIFEST) -> Self:
        """Read the weights; raises FileNotFoundError where they are missing."""
        told = json.loads(manifest.read_text(encoding="utf-8"))
        with np.load(weights) as arrays:
            first = restore(arrays["first"], arrays["first_scale"])
            second = restore(arrays["second"], arrays["second_scale"])
            cues = arrays["cues"].astype(np.float32)
            share = float(told["share"])
            return cls(
                one=Machine(
                    np.hstack([first, cues]), arrays["one"].astype(np.float32), told["width_one"]
                ),
                both=Machine(
                    side_by_side(first, second, cues, share),
                    arrays["both"].astype(np.float32),
                    told["width_both"],
                ),
                calibrations={
                    name: calibration(values) for name, values in told["calibrations"].items()
                },
                mean=arrays["mean"].astype(np.float32),
                turn=arrays["turn"].astype(np.float32),
                share=share,
                settings=told["settings"],
            )


@cache
def trained() -> Model:
    """Return the model of this checkout, loaded once."""
    return Model.load()


def calibration(values: Mapping[str, Any]) -> Calibration:
    """Return a calibration as the manifest spells it."""
    return Calibration(
        values["temperature"],
        {name: (pair[0], pair[1]) for name, pair in values["logits"].items()},
    )


def spread(second: Floats, mean: Floats, turn: Floats) -> Floats:
    """Return the second model's vectors centred, turned and of unit length.

    They all lie in a narrow cone; without this, everything looks alike.
    """
    turned = (second - mean) @ turn
    lengths = np.sqrt((turned * turned).sum(axis=1, keepdims=True))
    unit: Floats = turned / np.maximum(lengths, 1e-6)
    return unit


def side_by_side(first: Floats, second: Floats, cues: Floats, share: float) -> Floats:
    """Return both vectors as one, weighed so that it is of unit length, and the cues."""
    both: Floats = np.hstack([np.sqrt(1 - share) * first, np.sqrt(share) * second, cues])
    return both.astype(np.float32)


def corpus_digest(directory: Path = CORPUS) -> str:
    """Return one digest of what training reads: the messages by file name, and the stems."""
    digest = hashlib.sha256()
    for path in [*sorted(directory.glob("*.jsonl")), words.FILE]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def weights_digest(path: Path = WEIGHTS) -> str:
    """Return a digest of the weights."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _opinions(scores: Floats, told: Calibration, *, has_second: bool) -> list[Opinion]:
    part = {name: scores[:, columns] for name, columns in HEADS.items()}
    intents = told.intents(part["intent"])
    labels = told.chances("label", part["label"])
    rights = told.chances("right", part["right"])
    any_right = told.chances("rights", part["rights"])[:, 0]
    answerable = told.chances("answerable", part["answerable"])[:, 0]
    return [
        Opinion(
            intents[row],
            labels[row],
            rights[row],
            part["topic"][row],
            part["section"][row],
            float(any_right[row]),
            float(answerable[row]),
            has_second,
        )
        for row in range(len(scores))
    ]


def chosen(scores: Floats, names: Sequence[Any]) -> Any:  # noqa: ANN401  - of the caller's kind
    """Return the name of the highest score."""
    return names[int(scores.argmax())]
