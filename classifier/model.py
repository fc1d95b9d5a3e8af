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
from classifier.kernel import Block, Floats, Machine, Shape, restore
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
RIGHTS_PLACES: Final = [at for at, intent in enumerate(INTENTS) if intent in RIGHTS_INTENTS]
OTHER_PLACES: Final = [at for at, intent in enumerate(INTENTS) if intent not in RIGHTS_INTENTS]

HEADS: Final[Mapping[str, slice]] = {
    "intent": slice(0, 11),  # the primary intent
    "label": slice(11, 22),  # every intent that is there
    "right": slice(22, 35),
    "topic": slice(35, 40),  # of a privacy question
    "section": slice(40, 46),  # of a question that the policy answers
    "answerable": slice(46, 47),  # whether the policy answers
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
    answerable: float

    @property
    def any_right(self) -> float:
        """Return the chance that the primary intent is a right."""
        return float(self.intents[RIGHTS_PLACES].sum())

    def chance(self, intent: Intent) -> float:
        """Return the chance that this is the primary intent."""
        return float(self.intents[INTENTS.index(intent)])

    def label(self, intent: Intent) -> float:
        """Return the chance that this intent is there at all."""
        return float(self.labels[INTENTS.index(intent)])


@dataclass(frozen=True, slots=True)
class Homes:
    """Where the messages of each language lie, for one kind of vectors, and which axes tell most.

    Vectors of one language lie close together whatever they say; moved from their language's
    home to the common middle, those that say the same lie close together instead.  Turned onto
    the axes along which they differ most, far fewer numbers say what all of them said.
    """

    languages: tuple[str, ...]
    middle: Floats
    away: Floats  # languages x dimensions: from the middle to each home
    axes: Floats  # dimensions x fewer dimensions

    def moved(self, rows: Floats, languages: Sequence[str]) -> Floats:
        """Return vectors without what their language adds, of unit length."""
        at = {name: number for number, name in enumerate(self.languages)}
        nowhere = np.zeros(self.away.shape[1], dtype=np.float32)
        away = np.stack([self.away[at[name]] if name in at else nowhere for name in languages])
        return unit(rows - self.middle - away)

    def turned(self, rows: Floats, languages: Sequence[str]) -> Floats:
        """Return what the machines compare."""
        turned: Floats = self.moved(rows, languages) @ self.axes
        return turned


@dataclass(frozen=True, slots=True)
class Model:
    """Two machines over the same corpus: one vector a message, or both."""

    one: Machine
    both: Machine
    calibrations: Mapping[str, Calibration]
    first: Homes
    second: Homes
    settings: Mapping[str, float] = field(default_factory=dict)

    def opinions(
        self,
        first: Floats,
        cues: Floats,
        languages: Sequence[str],
        second: Floats | None = None,
    ) -> list[Opinion]:
        """Return an opinion for every row of vectors and cues."""
        if not len(first):
            return []
        first = self.first.turned(first, languages)
        if second is None:
            return _opinions(self.one.scores(first, cues), self.calibrations["one"])
        second = self.second.turned(second, languages)
        return _opinions(self.both.scores(first, cues, second), self.calibrations["both"])

    @classmethod
    def load(cls, weights: Path = WEIGHTS, manifest: Path = MANIFEST) -> Self:
        """Read the weights; raises FileNotFoundError where they are missing."""
        told = json.loads(manifest.read_text(encoding="utf-8"))
        with np.load(weights) as arrays:
            blocks = (
                Block.of(restore(arrays["first"], arrays["first_scale"])),
                Block.of(arrays["cues"].astype(np.float32)),
                Block.of(restore(arrays["second"], arrays["second_scale"])),
            )
            one, both = (
                Shape(tuple(told[name]["shares"]), told[name]["width"]) for name in ("one", "both")
            )
            return cls(
                one=Machine(blocks[:2], one, arrays["one"].astype(np.float32)),
                both=Machine(blocks, both, arrays["both"].astype(np.float32)),
                calibrations={
                    name: calibration(values) for name, values in told["calibrations"].items()
                },
                first=_homes("first", arrays, told["languages"]),
                second=_homes("second", arrays, told["languages"]),
                settings=told["settings"],
            )


def _homes(name: str, arrays: Mapping[str, Floats], languages: Sequence[str]) -> Homes:
    parts = (arrays[f"{name}_{part}"] for part in ("middle", "away", "axes"))
    return Homes(tuple(languages), *(part.astype(np.float32) for part in parts))


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


def corpus_digest(directory: Path = CORPUS) -> str:
    """Return one digest of what training reads: the messages by file name, and the stems."""
    digest = hashlib.sha256()
    for path in [*sorted(directory.glob("*.jsonl")), words.FILE]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def weights_digest(path: Path = WEIGHTS) -> str:
    """Return a digest of the weights."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unit(rows: Floats) -> Floats:
    """Return the rows with unit length."""
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    scaled: Floats = rows / np.maximum(lengths, 1e-6)
    return scaled


def _opinions(scores: Floats, told: Calibration) -> list[Opinion]:
    part = {name: scores[:, columns] for name, columns in HEADS.items()}
    intents = told.intents(part["intent"])
    labels = told.chances("label", part["label"])
    rights = told.chances("right", part["right"])
    answerable = told.chances("answerable", part["answerable"])[:, 0]
    return [
        Opinion(
            intents[row],
            labels[row],
            rights[row],
            part["topic"][row],
            part["section"][row],
            float(answerable[row]),
        )
        for row in range(len(scores))
    ]


def chosen(scores: Floats, names: Sequence[Any]) -> Any:  # noqa: ANN401  - of the caller's kind
    """Return the name of the highest score."""
    return names[int(scores.argmax())]
