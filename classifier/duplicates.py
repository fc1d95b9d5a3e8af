"""Reports training messages that say the same thing: `python -m classifier.duplicates`.

A corpus of near-copies measures itself.  Two messages are near-copies when the cosine of their
vectors is over .93; for languages that the first model does not know, of the second's centred
vectors.
"""

from __future__ import annotations

import sys
from typing import Final

import numpy as np

from classifier import examples, model, views
from classifier.cache import Cache
from classifier.kernel import Floats

TOO_NEAR: Final = 0.93
_FIRST_KNOWS: Final = frozenset((
    "ar", "de", "en", "es", "fr", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr",
    "zh-Hans", "zh-Hant", "und",
))  # fmt: skip
"""Languages of the first model."""
_TOLD_APART: Final = 0.88  # messages nearer than this are never in different folds


def pairs(vectors: Floats, limit: float = TOO_NEAR) -> list[tuple[int, int, float]]:
    """Return the pairs of unit vectors whose cosine is over the limit."""
    near = np.triu(vectors @ vectors.T, 1)
    left, right = np.nonzero(near > limit)
    return [(int(a), int(b), float(near[a, b])) for a, b in zip(left, right, strict=True)]


def centred(second: Floats) -> Floats:
    """Return the second model's vectors around their mean, of unit length."""
    return model.unit(second - second.mean(axis=0))


def groups(first: Floats, second: Floats) -> list[int]:
    """Return a group for every message; similar ones, also across languages, share one."""
    parent = list(range(len(first)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    near = pairs(centred(second), _TOLD_APART) + pairs(first, TOO_NEAR)
    for left, right, _ in near:
        parent[max(root(left), root(right))] = min(root(left), root(right))
    return [root(at) for at in range(len(first))]


def main() -> int:
    """Print every pair of near-copies; the exit code is 1 where there is any."""
    messages = examples.load()
    cache = Cache.open()
    shown = [views.whole(message.text) for message in messages]
    known = [at for at, message in enumerate(messages) if message.language in _FIRST_KNOWS]
    other = [at for at, message in enumerate(messages) if message.language not in _FIRST_KNOWS]
    found = [
        (cosine, messages[places[left]].name, messages[places[right]].name)
        for places, rows in (
            (known, cache.first([shown[at] for at in known])),
            (other, centred(cache.second(shown))[other]),
        )
        for left, right, cosine in pairs(rows)
    ]
    cache.save()
    for cosine, left, right in sorted(found, reverse=True):
        sys.stdout.write(f"{cosine:.3f}  {left}  {right}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
