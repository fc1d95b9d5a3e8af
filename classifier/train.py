"""Trains the reader from the corpus: `make train`.

    python -m classifier.train            # writes classifier/weights/
    python -m classifier.train --report   # also prints the table of docs/understanding.md

Every choice (calibration, thresholds) is made on messages that the model in question had not
seen, in folds that never tear a group of similar messages apart.  A seventh of the corpus is
kept for one last measurement and joins only when the final weights are fitted.  Deterministic on
one machine.  A running service never imports this module.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from classifier import cues, examples, measure, model, views
from classifier.cache import Cache
from classifier.duplicates import groups
from classifier.examples import Example
from classifier.kernel import Block, Floats, Machine, Shape, quantise, restore
from classifier.model import HEADS, INTENTS, RIGHTS, SECTIONS, TOPICS, Homes, Model
from classifier.reader import Judgement, Reader, conclude

FOLDS: Final = 5
ONE: Final = Shape(shares=(1.0, 0.7), width=0.6)  # first vectors, cues
BOTH: Final = Shape(shares=(0.25, 0.55, 1.2), width=0.6)  # and second vectors
RIDGE_ONE: Final = 0.03
RIDGE_BOTH: Final = 0.01
AXES_ONE: Final = 192  # numbers that are kept of a first vector
AXES_BOTH: Final = 224  # and of a second one
FEW: Final = 20  # messages from which a language's home counts for half
SETTINGS: Final = {
    "right_from": 0.52,  # chance of all rights together from which it is one
    "also": 0.33,  # chance from which a further intent is taken as there
    "right": 0.5,  # the same for a right within an intent
    "answerable": 0.65,  # chance from which the policy answers a question
    "act_both": 0.0,
    "ask_both": 1.0,
    "act_alone": 0.0,
    "ask_alone": 1.0,
}
CAUGHT: Final = 0.992  # share of rights that must be seen or put before a human
MOST: Final = 0.245  # share of messages that may be put before a human
MOST_ALONE: Final = 0.4  # the same without the second model

Indices = npt.NDArray[np.intp]
_Row = TypeVar("_Row")


def targets(messages: Sequence[Example]) -> Floats:
    """Return what every head should say of every message; NaN where it is not asked."""
    wanted = np.full((len(messages), HEADS["answerable"].stop), np.nan, dtype=np.float32)
    for row, message in zip(wanted, messages, strict=True):
        row[HEADS["intent"]] = [_sign(intent is message.intent) for intent in INTENTS]
        row[HEADS["label"]] = [_sign(intent in message.intents) for intent in INTENTS]
        row[HEADS["right"]] = [_sign(right in message.rights) for right in RIGHTS]
        if message.topic is not None:
            row[HEADS["topic"]] = [_sign(topic is message.topic) for topic in TOPICS]
        if message.section is not None:
            row[HEADS["section"]] = [_sign(section == message.section) for section in SECTIONS]
        if message.is_answerable is not None:
            row[HEADS["answerable"]] = _sign(message.is_answerable)
    return wanted


def _sign(is_so: bool) -> float:  # noqa: FBT001  - it is the value itself
    return 1.0 if is_so else -1.0


def balance(messages: Sequence[Example]) -> Floats:
    """Return weights that let rare intents count, though not in full."""
    names = [INTENTS.index(message.intent) for message in messages]
    counts = np.bincount(names, minlength=len(INTENTS)).astype(np.float32)
    weights: Floats = np.sqrt(len(messages) / (len(INTENTS) * counts[names])).astype(np.float32)
    return weights


def homes(rows: Floats, spoken: Sequence[str], axes: int) -> Homes:
    """Return where each language's messages lie; of few messages, less than their mean says."""
    said = np.array(spoken)
    languages = tuple(sorted(set(spoken)))
    middle = rows.mean(axis=0)
    away = []
    for name in languages:
        inside = rows[said == name]
        away.append((inside.mean(axis=0) - middle) * (len(inside) / (len(inside) + FEW)))
    found = Homes(languages, _half(middle), _half(np.array(away)), np.eye(1, dtype=np.float32))
    moved = found.moved(rows, spoken)
    _, directions = np.linalg.eigh(moved.T @ moved)  # by how much they tell, least first
    return replace(found, axes=_half(directions[:, : -axes - 1 : -1]))


def _half(rows: Floats) -> Floats:
    """Return numbers as the file of the weights keeps them."""
    return rows.astype(np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the machines see of some messages."""

    messages: Sequence[Example]
    first: Floats
    second: Floats
    cues: Floats

    def at(self, places: Indices) -> Seen:
        """Return some of them."""
        messages = _at(self.messages, places)
        return Seen(messages, self.first[places], self.second[places], self.cues[places])

    @classmethod
    def of(cls, messages: Sequence[Example], cache: Cache) -> Seen:
        """Look at messages."""
        shown = [views.whole(message.text) for message in messages]
        rows = cues.of_all([message.text for message in messages], shown)
        return cls(messages, cache.first(shown), cache.second(shown), rows)


def fit(seen: Seen) -> Model:
    """Fit both machines; calibration and settings are still missing."""
    spoken = [message.language for message in seen.messages]
    firsts = homes(seen.first, spoken, AXES_ONE)
    seconds = homes(seen.second, spoken, AXES_BOTH)
    first = Block.of(restore(*quantise(firsts.turned(seen.first, spoken))))
    second = Block.of(restore(*quantise(seconds.turned(seen.second, spoken))))
    said = Block.of(seen.cues)
    wanted, weights = targets(seen.messages), balance(seen.messages)
    return Model(
        one=Machine.fit((first, said), ONE, wanted, weights, ridge=RIDGE_ONE),
        both=Machine.fit((first, said, second), BOTH, wanted, weights, ridge=RIDGE_BOTH),
        calibrations={},
        first=firsts,
        second=seconds,
    )


def calibrate(scores: Floats, messages: Sequence[Example]) -> dict[str, Any]:
    """Fit temperature and logits on scores of unseen messages."""
    wanted = targets(messages)
    truth = np.array([INTENTS.index(message.intent) for message in messages])
    logits = {}
    for name in ("label", "right", "answerable"):
        asked = wanted[:, HEADS[name]].ravel()
        known = ~np.isnan(asked)
        logits[name] = _logit(scores[:, HEADS[name]].ravel()[known], asked[known] > 0)
    return {"temperature": _temperature(scores[:, HEADS["intent"]], truth), "logits": logits}


def _temperature(scores: Floats, truth: Indices) -> float:
    def loss(temperature: float) -> float:
        raised = temperature * scores
        raised -= raised.max(axis=1, keepdims=True)
        chosen = raised[np.arange(len(truth)), truth]
        return float((np.log(np.exp(raised).sum(axis=1)) - chosen).mean())

    return min((step / 10 for step in range(5, 120)), key=loss)


def _logit(scores: Floats, truth: npt.NDArray[np.bool_]) -> tuple[float, float]:
    from sklearn.linear_model import (  # noqa: PLC0415  - to train only
        LogisticRegression,
    )

    fitted = LogisticRegression(C=1e3).fit(scores[:, None], truth)
    return round(float(fitted.coef_[0, 0]), 4), round(float(fitted.intercept_[0]), 4)


def unseen(seen: Seen, fold_of: Indices, everyday: Indices) -> tuple[list[Model], dict[str, Any]]:
    """Return a model a fold, and calibrations fitted on what each had not seen of every day."""
    scores = {name: np.zeros_like(targets(seen.messages)) for name in ("one", "both")}
    models = []
    for fold in range(FOLDS):
        outside = np.flatnonzero(fold_of == fold)
        part, fitted = seen.at(outside), fit(seen.at(np.flatnonzero(fold_of != fold)))
        spoken = [message.language for message in part.messages]
        first = fitted.first.turned(part.first, spoken)
        second = fitted.second.turned(part.second, spoken)
        scores["one"][outside] = fitted.one.scores(first, part.cues)
        scores["both"][outside] = fitted.both.scores(first, part.cues, second)
        models.append(fitted)
    told = _at(seen.messages, everyday)
    return models, {name: calibrate(of[everyday], told) for name, of in scores.items()}


def judge_unseen(
    models: Sequence[Model],
    messages: Sequence[Example],
    fold_of: Indices,
    cache: Cache,
    *,
    alone: bool,
) -> list[Judgement]:
    """Let every message be judged by a whole reader that had not seen it."""
    judged: dict[int, Judgement] = {}
    for fold, fitted in enumerate(models):
        places = [int(at) for at in np.flatnonzero(fold_of == fold)]
        reader = Reader(fitted, cache.first, None if alone else cache.second)
        found = reader.judge([messages[at].text for at in places])
        judged.update(zip(places, found, strict=True))
    return [judged[at] for at in range(len(messages))]


def choose(
    messages: Sequence[Example], judged: Sequence[Judgement], kind: str, most: float
) -> dict[str, float]:
    """Return the thresholds to act and to ask a human, of both models or the first alone.

    Counted on messages that the models had not seen: enough rights caught first of all, then at
    most so many messages before a human, then as much as can be of the rest right.
    """
    right = np.array([a.intent is b.intent for a, b in zip(judged, messages, strict=True)])
    asked = np.array([message.intent in model.RIGHTS_INTENTS for message in messages])
    seen = np.array([one.has_right for one in judged])
    always = np.array([one.needs_human for one in judged])
    free = np.array([one.is_final for one in judged])
    sure = np.array([one.confidence for one in judged])
    possible = np.where(seen, 0.0, [one.any_right for one in judged])

    def loss(act: float, ask: float) -> float:
        human = always | (~free & ((possible > ask) | (sure < act)))
        return float(
            40 * max(0.0, CAUGHT - (seen | human)[asked].mean())
            + 20 * max(0.0, human.mean() - most)
            - (right[~human].mean() if not human.all() else 0.0)
        )

    pairs = product(np.arange(0.3, 0.96, 0.01), np.arange(0.02, 0.4, 0.01))
    act, ask = min(pairs, key=lambda pair: loss(*pair))
    return {f"act_{kind}": round(float(act), 3), f"ask_{kind}": round(float(ask), 3)}


def train(messages: Sequence[Example], cache: Cache) -> tuple[Model, dict[str, Any]]:
    """Return a model with calibrations and settings chosen on unseen messages."""
    seen = Seen.of(messages, cache)
    fold_of = np.array(examples.folds(groups(seen.first, seen.second), FOLDS))
    everyday = np.flatnonzero([not message.is_border for message in messages])
    borders = np.flatnonzero([message.is_border for message in messages])
    models, told = unseen(seen, fold_of, everyday)
    read = {name: model.calibration(values) for name, values in told.items()}
    settings = dict(SETTINGS)
    models = [replace(one, calibrations=read, settings=settings) for one in models]
    judged = judge_unseen(models, messages, fold_of, cache, alone=False)
    settings |= choose(_at(messages, everyday), _at(judged, everyday), "both", MOST)
    alone = judge_unseen(models, messages, fold_of, cache, alone=True)
    settings |= choose(_at(messages, everyday), _at(alone, everyday), "alone", MOST_ALONE)
    readings = [conclude(one, settings) for one in judged]
    figures = {
        name: measure.figures(_at(messages, places), _at(readings, places))
        for name, places in (("unseen", everyday), ("unseen_borders", borders))
    }
    fitted = replace(fit(seen), calibrations=read, settings=settings)
    return fitted, {"calibrations": told, "settings": settings, **figures}


def _at(rows: Sequence[_Row], places: Indices) -> list[_Row]:
    return [rows[place] for place in places]


def save(fitted: Model, told: dict[str, Any]) -> None:
    """Write weights and manifest."""
    model.WEIGHTS.parent.mkdir(exist_ok=True)
    first, said, second = fitted.both.blocks
    first_rows, first_scale = quantise(first.rows)
    second_rows, second_scale = quantise(second.rows)
    places: dict[str, Any] = _kept("first", fitted.first) | _kept("second", fitted.second)
    np.savez_compressed(
        model.WEIGHTS,
        first=first_rows,
        first_scale=first_scale,
        second=second_rows,
        second_scale=second_scale,
        cues=said.rows,
        one=fitted.one.coefficients.astype(np.float16),
        both=fitted.both.coefficients.astype(np.float16),
        **places,
    )
    manifest = {
        "corpus": model.corpus_digest(),
        "weights": model.weights_digest(),
        "messages": len(fitted.one.coefficients),
        "languages": fitted.first.languages,
        "one": asdict(ONE),
        "both": asdict(BOTH),
        **told,
    }
    text = json.dumps(manifest, indent=1, sort_keys=True)
    model.MANIFEST.write_text(text + "\n", encoding="utf-8")


def _kept(name: str, where: Homes) -> dict[str, npt.NDArray[np.float16]]:
    parts = {"middle": where.middle, "away": where.away, "axes": where.axes}
    return {f"{name}_{part}": rows.astype(np.float16) for part, rows in parts.items()}


def main() -> int:
    """Train, measure on what was kept back, then fit on everything and write the weights."""
    arguments = argparse.ArgumentParser(description="Train the reader from the corpus.")
    arguments.add_argument("--report", action="store_true", help="print tables and errors")
    options = arguments.parse_args()
    messages = examples.load()
    cache = Cache.open()
    final, told = train(messages, cache)
    cache.save()
    save(final, told)  # at once: the last measurement takes as long again
    kept = examples.held_back(messages)
    inside = [message for message, is_kept in zip(messages, kept, strict=True) if not is_kept]
    outside = [message for message, is_kept in zip(messages, kept, strict=True) if is_kept]
    fitted, _ = train(inside, cache)
    everyday = [one for one in outside if not one.is_border]
    borders = [one for one in outside if one.is_border]
    for name, some, second in (
        ("held_back", everyday, cache.second),
        ("held_back_alone", everyday, None),
        ("held_back_borders", borders, cache.second),
    ):
        readings = Reader(fitted, cache.first, second).read_many([one.text for one in some])
        told[name] = measure.figures(some, readings)
        if options.report:
            sys.stdout.write(measure.report(name, some, readings))
    save(final, told)
    cache.save()
    for name in (name for name in told if name.startswith(("unseen", "held_back"))):
        sys.stdout.write(measure.lines(name, told[name]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
