"""Trains the finer questions from their examples: `python -m classifier.train_questions`.

Seconds, once the vectors are cached; apart from the reader's corpus, so that a new answer needs no
training of the reader.  From which lead on a question is named is chosen on messages of the corpus,
which are never trained on here.  A running service never imports this module.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from classifier import examples, questions, views
from classifier.cache import FILE, Cache
from classifier.kernel import Block, Floats, Machine, Shape, quantise, restore
from classifier.model import weights_digest
from classifier.questions import ASKED, EXEMPLARS, MANIFEST, UNANSWERED, WEIGHTS, Questions
from tickets.types import Text

WIDTH: Final = {"one": 1.5, "both": 1.0}
RIDGE: Final = 0.1
PRECISION: Final = 0.96  # of the question that is named

Pairs = Sequence[tuple[Text, str]]


def load(directory: Path = EXEMPLARS) -> list[tuple[Text, str]]:
    """Return every example with its code, by file name and line."""
    return [
        (Text(text), code)
        for path in sorted(directory.glob("*.toml"))
        for code, texts in tomllib.loads(path.read_text(encoding="utf-8")).items()
        for text in texts
    ]


def load_asked(path: Path = ASKED) -> list[tuple[Text, str]]:
    """Return messages of the corpus with the question that each asks."""
    messages = {message.name: message.text for message in examples.load()}
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return [(messages[name], code) for code, names in table.items() for name in names]


def look(pairs: Pairs, cache: Cache) -> tuple[Floats, Floats]:
    """Return both vectors of every text."""
    shown = [views.whole(text) for text, _ in pairs]
    return cache.first(shown), cache.second(shown)


def fit(name: str, rows: Floats, codes: npt.NDArray[np.intp], count: int) -> Machine:
    """Fit a machine with a head for each question; rare ones count a little more."""
    wanted = np.where(codes[:, None] == np.arange(count), 1.0, -1.0).astype(np.float32)
    weights = 1 / np.sqrt(np.bincount(codes, minlength=count)[codes])
    weights = (weights / weights.mean()).astype(np.float32)
    shape = Shape(shares=(1.0,), width=WIDTH[name])
    return Machine.fit((Block.of(rows),), shape, wanted, weights, ridge=RIDGE)


def train(pairs: Pairs, cache: Cache) -> None:
    """Fit on all examples and write weights and manifest, without floors yet."""
    names = [*(one.code for one in questions.known()), UNANSWERED]
    codes = np.array([names.index(code) for _, code in pairs])
    seen, read = look(pairs, cache)
    mean = read.mean(axis=0).astype(np.float32)
    first, scale = quantise(seen)
    second, second_scale = quantise(questions.centred(read, mean))
    one = restore(first, scale)
    rows = {"one": one, "both": questions.side_by_side(one, restore(second, second_scale))}
    np.savez_compressed(
        WEIGHTS,
        first=first,
        first_scale=scale,
        second=second,
        second_scale=second_scale,
        mean=mean,
        one=fit("one", rows["one"], codes, len(names)).coefficients.astype(np.float16),
        both=fit("both", rows["both"], codes, len(names)).coefficients.astype(np.float16),
    )
    write({"floors": {}, "examples": len(pairs)})


def write(told: dict[str, Any]) -> None:
    """Write the manifest."""
    known = {
        "exemplars": questions.digest(),
        "weights": weights_digest(WEIGHTS),
        "width_one": WIDTH["one"],
        "width_both": WIDTH["both"],
    }
    text = json.dumps({**known, **told}, indent=1, sort_keys=True)
    MANIFEST.write_text(text + "\n", encoding="utf-8")


def floor(leads: Floats, right: npt.NDArray[np.bool_]) -> tuple[float, dict[str, float]]:
    """Return the lowest lead that is right often enough, and how often that is, of how many."""
    for step in np.arange(0.0, 2.0, 0.02):
        named = leads >= step
        if right[named].mean() >= PRECISION:
            break
    figures = {"precision": float(right[named].mean()), "coverage": float(named.mean())}
    return round(float(step), 2), {name: round(share, 4) for name, share in figures.items()}


def measure(pairs: Pairs, cache: Cache) -> dict[str, Any]:
    """Return floors chosen on these messages, the section taken as known, and the figures."""
    asking = Questions.load()
    firsts, seconds = look(pairs, cache)
    floors, figures = {}, {}
    for name in ("one", "both"):
        leads, right = [], []
        for (_, code), first, second in zip(pairs, firsts, seconds, strict=True):
            scores = asking.ask(first, second if name == "both" else None).codes
            section = next(one.section for one in asking.known if one.code == code)
            ordered = asking.ordered(scores, section)
            leads.append(questions.lead(scores[ordered]))
            right.append(asking.known[ordered[0]].code == code)
        floors[name], figures[name] = floor(np.array(leads, dtype=np.float32), np.array(right))
    return {"floors": floors, "asked": figures}


def main() -> int:
    """Train and say how sure it is."""
    cache = Cache.open(FILE.with_name("questions.npz"))
    pairs = load()
    train(pairs, cache)
    found = measure(load_asked(), cache)
    cache.save()
    write({**found, "examples": len(pairs)})
    for name, figures in found["asked"].items():
        line = " ".join(f"{figure} {share:.3f}" for figure, share in figures.items())
        sys.stdout.write(f"questions, {name}: lead {found['floors'][name]} {line}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
