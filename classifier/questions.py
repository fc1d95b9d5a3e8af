"""Which finer question about privacy a message asks, and whether the policy answers it at all.

    classifier/questions.toml          the questions that the policy answers, each with its section
    classifier/exemplars/<lang>.toml   how people ask them, and what the policy does not answer
    classifier/asked.toml              messages of the corpus with what they ask, to measure by
    classifier/weights/questions.npz   a kernel machine over those; `python -m
                                       classifier.train_questions` writes it

It sees the vectors that the reader has anyway.  What is said in answer is not here: a code is the
name of a block in `templates/<lang>/question`.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self

import numpy as np

from classifier.kernel import Block, Floats, Machine, Shape, restore
from classifier.model import HERE, SECTIONS, TOPICS
from tickets.types import Topic

CODES: Final = HERE / "questions.toml"
EXEMPLARS: Final = HERE / "exemplars"
ASKED: Final = HERE / "asked.toml"
WEIGHTS: Final = HERE / "weights" / "questions.npz"
MANIFEST: Final = HERE / "weights" / "questions.json"

UNANSWERED: Final = "unanswered"
MOST: Final = 3  # questions that one message is taken to ask
NEAR: Final = -0.5  # score from which a question beside the first is worth naming
SHARE: Final = 0.75  # of the second model's vectors

SECTION_SAYS: Final = 1.5  # what an example's word counts beside the corpus' for the section
TOPIC_SAYS: Final = 1.0  # and for the topic
_CHANCE, _LEAD, _OFFSET = 0.8, -3.0, -0.15  # of being answered; docs/understanding.md says whence


@dataclass(frozen=True, slots=True)
class Question:
    """One finer question: its code, and where the policy answers it."""

    code: str
    section: int
    topic: Topic | None


@dataclass(frozen=True, slots=True)
class Asked:
    """How near one message is to every question; scores of about -1 to 1."""

    codes: Floats  # one a question, in their order
    sections: Floats
    topics: Floats
    unanswered: float  # by how much something that the policy does not answer is nearer

    def answerable(self, chance: float) -> float:
        """Return the chance that the policy answers, given what the corpus thought of it."""
        known = min(max(chance, 1e-6), 1 - 1e-6)
        logit = _CHANCE * np.log(known / (1 - known)) + _LEAD * self.unanswered + _OFFSET
        return float(1 / (1 + np.exp(-logit)))


@dataclass(frozen=True, slots=True)
class Questions:
    """Two machines over the examples: one vector a message, or both."""

    known: tuple[Question, ...]
    one: Machine
    both: Machine
    mean: Floats  # of the second model's vectors
    floors: Mapping[str, float]  # lead of the first question from which it is taken as asked

    def ask(self, first: Floats, second: Floats | None) -> Asked:
        """Compare one message with the examples."""
        if second is None:
            scores = self.one.scores(first[None])[0]
        else:
            scores = self.both.scores(joined(first[None], second[None], self.mean))[0]
        codes, unanswered = scores[:-1], float(scores[-1] - scores[:-1].max())
        return Asked(
            codes,
            self._best(codes, [one.section for one in self.known], SECTIONS),
            self._best(codes, [one.topic for one in self.known], TOPICS),
            unanswered,
        )

    def finer(self, asked: Asked, section: int, *, has_second: bool) -> tuple[str, ...]:
        """Return the questions of a section that are asked, best first; none where unsure."""
        ordered = self.ordered(asked.codes, section)
        if lead(asked.codes[ordered]) < self.floors["both" if has_second else "one"]:
            return ()
        near = [at for at in ordered[1:MOST] if asked.codes[at] > NEAR]
        return tuple(self.known[at].code for at in [ordered[0], *near])

    def ordered(self, codes: Floats, section: int) -> list[int]:
        """Return the places of a section's questions, the nearest first."""
        inside = (at for at, one in enumerate(self.known) if one.section == section)
        return sorted(inside, key=lambda at: float(codes[at]), reverse=True)

    @staticmethod
    def _best(codes: Floats, of: Iterable[object], names: Iterable[object]) -> Floats:
        """Return the best score of each name's codes."""
        found = list(of)
        best = (max(codes[at] for at, one in enumerate(found) if one == name) for name in names)
        return np.fromiter(best, dtype=np.float32)

    @classmethod
    def load(cls, weights: Path = WEIGHTS, manifest: Path = MANIFEST) -> Self:
        """Read the weights; raises FileNotFoundError where they are missing."""
        told = json.loads(manifest.read_text(encoding="utf-8"))
        with np.load(weights) as arrays:
            first = restore(arrays["first"], arrays["first_scale"])
            second = restore(arrays["second"], arrays["second_scale"])
            return cls(
                known=known(),
                one=_machine(first, arrays["one"], told["width_one"]),
                both=_machine(side_by_side(first, second), arrays["both"], told["width_both"]),
                mean=arrays["mean"],
                floors=told["floors"],
            )


def _machine(rows: Floats, coefficients: Floats, width: float) -> Machine:
    shape = Shape(shares=(1.0,), width=width)
    return Machine((Block.of(rows),), shape, coefficients.astype(np.float32))


@cache
def trained() -> Questions:
    """Return the questions of this checkout, loaded once."""
    return Questions.load()


def known(path: Path = CODES) -> tuple[Question, ...]:
    """Return every question that the policy answers."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    topics = {code: Topic(name) for code, name in table["topics"].items()}
    usual = (None, *TOPICS)
    return tuple(
        Question(code, section, topics.get(code, usual[section]))
        for code, section in table["sections"].items()
    )


def lead(ordered: Floats) -> float:
    """Return by how much the first of the scores is ahead; where it is alone, of nothing at all."""
    return float(ordered[0] - (ordered[1] if len(ordered) > 1 else -1))


def centred(second: Floats, mean: Floats) -> Floats:
    """Return the second model's vectors without what is common to all, of unit length."""
    moved = second - mean
    unit: Floats = moved / np.maximum(np.sqrt((moved * moved).sum(axis=1, keepdims=True)), 1e-6)
    return unit


def side_by_side(first: Floats, second: Floats) -> Floats:
    """Return both vectors as one of unit length; the second's are centred."""
    both: Floats = np.hstack([np.sqrt(1 - SHARE) * first, np.sqrt(SHARE) * second])
    return both.astype(np.float32)


def joined(first: Floats, second: Floats, mean: Floats) -> Floats:
    """Return what the machine of both compares."""
    return side_by_side(first, centred(second, mean))


def digest(exemplars: Path = EXEMPLARS) -> str:
    """Return one digest of the questions and of how people ask them."""
    found = hashlib.sha256()
    for path in [CODES, ASKED, *sorted(exemplars.glob("*.toml"))]:
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()
