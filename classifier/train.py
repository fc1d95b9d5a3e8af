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
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier import cues, examples, measure, model, vectors, views
from classifier.cache import Cache
from classifier.duplicates import groups
from classifier.examples import Example
from classifier.kernel import Floats, Machine, quantise, restore
from classifier.model import HEADS, INTENTS, RIGHTS, SECTIONS, TOPICS, Model
from classifier.reader import Judgement, Reader, conclude

FOLDS: Final = 5
WIDTH_ONE: Final = 0.6
WIDTH_BOTH: Final = 0.6
RIDGE_ONE: Final = 0.05
RIDGE_BOTH: Final = 0.02
SHARE: Final = 0.75  # of the second model's vectors
SPREAD: Final = 0.2  # 0 leaves the second model's axes as they are, 1 makes them equal
SETTINGS: Final = {
    "cascade": 0.4,  # lead of the first intent below which the second model is asked
    "also": 0.33,  # chance from which a further intent is taken as there
    "also_right": 0.7,  # the same for a right beside an intent that is none
    "right": 0.5,  # the same for a right within an intent
    "answerable": 0.65,  # chance from which the policy answers a question
    "act": 0.0,
    "ask": 1.0,
    "act_alone": 0.0,
    "ask_alone": 1.0,
}
CAUGHT: Final = 0.993  # share of rights that must be seen or put before a human
RIGHT_WHEN_ALONE: Final = 0.955  # accuracy of what no human sees

Indices = npt.NDArray[np.intp]


def targets(messages: Sequence[Example]) -> Floats:
    """Return what every head should say of every message; NaN where it is not asked."""
    wanted = np.full((len(messages), HEADS["answerable"].stop), np.nan, dtype=np.float32)
    for row, message in zip(wanted, messages, strict=True):
        row[HEADS["intent"]] = [_sign(intent is message.intent) for intent in INTENTS]
        row[HEADS["label"]] = [_sign(intent in message.intents) for intent in INTENTS]
        row[HEADS["right"]] = [_sign(right in message.rights) for right in RIGHTS]
        row[HEADS["rights"]] = _sign(bool(message.intents & model.RIGHTS_INTENTS))
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


def spreading(second: Floats) -> tuple[Floats, Floats]:
    """Return the mean of the second model's vectors and the turn that evens their axes."""
    mean = second.mean(axis=0)
    values, axes = np.linalg.eigh(np.cov((second - mean).T.astype(np.float64)))
    scale = np.power(np.maximum(values, 1e-9) / values.max(), -SPREAD / 2)
    return mean.astype(np.float32), (axes * scale).astype(np.float16).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the machines see of some messages."""

    messages: Sequence[Example]
    first: Floats
    second: Floats
    cues: Floats

    def at(self, places: Indices) -> Seen:
        """Return some of them."""
        messages = [self.messages[place] for place in places]
        return Seen(messages, self.first[places], self.second[places], self.cues[places])

    @classmethod
    def of(cls, messages: Sequence[Example], cache: Cache) -> Seen:
        """Look at messages."""
        shown = [views.whole(message.text) for message in messages]
        rows = cues.of_all([message.text for message in messages], shown)
        second = cache.second([views.for_second(view) for view in shown])
        return cls(messages, cache.first(shown), second, rows)


def fit(seen: Seen) -> Model:
    """Fit both machines; calibration and settings are still missing."""
    mean, turn = spreading(seen.second)
    first = restore(*quantise(seen.first))
    second = restore(*quantise(model.spread(seen.second, mean, turn)))
    wanted, weights = targets(seen.messages), balance(seen.messages)
    one = np.hstack([first, seen.cues])
    both = model.side_by_side(first, second, seen.cues, SHARE)
    return Model(
        one=Machine.fit(one, wanted, weights, width=WIDTH_ONE, ridge=RIDGE_ONE),
        both=Machine.fit(both, wanted, weights, width=WIDTH_BOTH, ridge=RIDGE_BOTH),
        calibrations={},
        mean=mean,
        turn=turn,
        share=SHARE,
    )


def calibrate(scores: Floats, messages: Sequence[Example]) -> dict[str, Any]:
    """Fit temperature and logits on scores of unseen messages."""
    wanted = targets(messages)
    truth = np.array([INTENTS.index(message.intent) for message in messages])
    logits = {}
    for name in ("label", "right", "rights", "answerable"):
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


def unseen(seen: Seen, fold_of: Indices) -> tuple[list[Model], dict[str, Any]]:
    """Return a model a fold, and calibrations fitted on what each had not seen."""
    scores = {name: np.zeros_like(targets(seen.messages)) for name in ("one", "both")}
    models = []
    for fold in range(FOLDS):
        outside = np.flatnonzero(fold_of == fold)
        part, fitted = seen.at(outside), fit(seen.at(np.flatnonzero(fold_of != fold)))
        turned = model.spread(part.second, fitted.mean, fitted.turn)
        rows = model.side_by_side(part.first, turned, part.cues, SHARE)
        scores["one"][outside] = fitted.one.scores(np.hstack([part.first, part.cues]))
        scores["both"][outside] = fitted.both.scores(rows)
        models.append(fitted)
    return models, {name: calibrate(of, seen.messages) for name, of in scores.items()}


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
    messages: Sequence[Example], judged: Sequence[Judgement], most: float
) -> tuple[float, float]:
    """Return the thresholds to act and to ask a human.

    Counted on messages that the models had not seen: enough rights caught first of all, then at
    most so many messages before a human, then as much as can be of the rest right.
    """
    pairs = list(zip(judged, messages, strict=True))
    right = np.array([one.intent is message.intent for one, message in pairs])
    is_right = np.array([message.intent in model.RIGHTS_INTENTS for message in messages])
    sure = np.array([one.confidence for one in judged])
    possible = np.array([0.0 if one.has_right else one.any_right for one in judged])
    seen = np.array([one.has_right for one in judged])
    always = np.array([one.needs_human for one in judged])
    best = (9.0, 0.0, 1.0)
    for ask in np.arange(0.02, 0.6, 0.02):
        for act in np.arange(0.2, 0.8, 0.02):
            human = always | (sure < act) | (possible > ask)
            caught = (seen | human)[is_right].mean()
            alone = right[~human].mean() if not human.all() else 1.0
            share = human.mean()
            loss = (
                40 * max(0.0, CAUGHT - caught)
                + 20 * max(0.0, share - most)
                + 2 * max(0.0, RIGHT_WHEN_ALONE - alone)
                + share / 5
            )
            best = min(best, (float(loss), float(act), float(ask)))
    return round(best[1], 3), round(best[2], 3)


def train(messages: Sequence[Example], cache: Cache) -> tuple[Model, dict[str, Any]]:
    """Return a model with calibrations and settings chosen on unseen messages."""
    seen = Seen.of(messages, cache)
    fold_of = np.array(examples.folds(groups(seen.first, seen.second), FOLDS))
    models, told = unseen(seen, fold_of)
    read = {name: model.calibration(values) for name, values in told.items()}
    settings = dict(SETTINGS)
    models = [replace(one, calibrations=read, settings=settings) for one in models]
    for kind, most in (("", 0.24), ("_alone", 0.4)):
        judged = judge_unseen(models, messages, fold_of, cache, alone=bool(kind))
        settings["act" + kind], settings["ask" + kind] = choose(messages, judged, most)
    fitted = replace(fit(seen), calibrations=read, settings=settings)
    judged = judge_unseen(models, messages, fold_of, cache, alone=False)
    readings = [conclude(one, settings) for one in judged]
    figures = measure.figures(messages, readings)
    return fitted, {"calibrations": told, "settings": settings, "unseen": figures}


def save(fitted: Model, told: dict[str, Any]) -> None:
    """Write weights and manifest."""
    model.WEIGHTS.parent.mkdir(exist_ok=True)
    size = vectors.FIRST
    one, both = fitted.one.vectors, fitted.both.vectors
    first, first_scale = quantise(one[:, :size])
    second, second_scale = quantise(
        both[:, size : size + vectors.SECOND] / np.float32(np.sqrt(SHARE))
    )
    np.savez_compressed(
        model.WEIGHTS,
        first=first,
        first_scale=first_scale,
        second=second,
        second_scale=second_scale,
        cues=one[:, size:].astype(np.float32),
        one=fitted.one.coefficients.astype(np.float16),
        both=fitted.both.coefficients.astype(np.float16),
        mean=fitted.mean,
        turn=fitted.turn.astype(np.float16),
    )
    manifest = {
        "corpus": model.corpus_digest(),
        "weights": model.weights_digest(),
        "messages": len(fitted.one.vectors),
        "share": SHARE,
        "width_one": WIDTH_ONE,
        "width_both": WIDTH_BOTH,
        **told,
    }
    text = json.dumps(manifest, indent=1, sort_keys=True)
    model.MANIFEST.write_text(text + "\n", encoding="utf-8")


def main() -> int:
    """Train, measure on what was kept back, then fit on everything and write the weights."""
    arguments = argparse.ArgumentParser(description="Train the reader from the corpus.")
    arguments.add_argument("--report", action="store_true", help="print tables and errors")
    options = arguments.parse_args()
    messages = examples.load()
    cache = Cache.open()
    kept = examples.held_back(messages)
    inside = [message for message, is_kept in zip(messages, kept, strict=True) if not is_kept]
    outside = [message for message, is_kept in zip(messages, kept, strict=True) if is_kept]
    fitted, told = train(inside, cache)
    figures = {}
    for name, second in (("held_back", cache.second), ("held_back_alone", None)):
        readings = Reader(fitted, cache.first, second).read_many([one.text for one in outside])
        figures[name] = measure.figures(outside, readings)
        if options.report:
            sys.stdout.write(measure.report(name, outside, readings))
    final, told = train(messages, cache)
    save(final, {**told, **figures})
    cache.save()
    for name in ("unseen", *figures):
        sys.stdout.write(measure.lines(name, {**told, **figures}[name]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
