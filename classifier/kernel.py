"""A kernel machine in numpy: many small answers from one comparison with the corpus.

Ridge regression on a Gaussian kernel: every head is one column of coefficients over the same
training vectors, so a message is compared with the corpus once and all heads are read off.
Measured against logistic regression and support vectors on the same vectors: docs/understanding.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def quantise(rows: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """Return the rows as bytes, and one scale a row."""
    scales = np.abs(rows).max(axis=1).astype(np.float32) / np.float32(127)
    scales[scales == 0] = 1
    return np.round(rows / scales[:, None]).astype(np.int8), scales


def restore(rows: npt.NDArray[np.int8], scales: Floats) -> Floats:
    """Return what `quantise` took."""
    restored: Floats = rows.astype(np.float32)
    restored *= scales[:, None]  # in place: at start the reader's memory is at its highest
    return restored


@dataclass(frozen=True, slots=True)
class Block:
    """What the corpus looks like to one kind of vectors."""

    rows: Floats  # messages x dimensions
    squares: Floats  # of their lengths; computing them anew would cost more than comparing

    @classmethod
    def of(cls, rows: Floats) -> Self:
        """Return a block of some rows."""
        return cls(rows, (rows * rows).sum(axis=1))

    def distances(self, others: Floats) -> Floats:
        """Return the squared distance of every other row to every row of the block."""
        squares = (others * others).sum(axis=1)
        distances: Floats = squares[:, None] + self.squares - 2 * (others @ self.rows.T)
        return distances


@dataclass(frozen=True, slots=True)
class Shape:
    """What makes two messages alike: how much each kind of vectors counts, and how sharply."""

    shares: tuple[float, ...]
    width: float

    def compare(self, blocks: Sequence[Block], kinds: Sequence[Floats]) -> Floats:
        """Compare messages with the corpus: exp(-width·distance²), 1 for the same."""
        distances = sum(
            np.float32(share) * block.distances(rows)
            for share, block, rows in zip(self.shares, blocks, kinds, strict=True)
        )
        compared: Floats = np.exp(np.float32(-self.width) * np.asarray(distances))
        return compared


@dataclass(frozen=True, slots=True)
class Machine:
    """Training vectors and, for every head, how much each of them counts."""

    blocks: tuple[Block, ...]
    shape: Shape
    coefficients: Floats  # messages x heads

    def scores(self, *kinds: Floats) -> Floats:
        """Return one score per message and head, about -1 to 1; one matrix of each kind."""
        return self.shape.compare(self.blocks, kinds) @ self.coefficients

    @classmethod
    def fit(
        cls,
        blocks: tuple[Block, ...],
        shape: Shape,
        targets: Floats,
        weights: Floats,
        *,
        ridge: float,
    ) -> Self:
        """Solve for the coefficients; a target of NaN leaves that message out of that head."""
        kernel = shape.compare(blocks, [block.rows for block in blocks])
        coefficients = np.zeros(targets.shape, dtype=np.float32)
        known = ~np.isnan(targets)
        patterns, which = np.unique(known.T, axis=0, return_inverse=True)
        for number, rows in enumerate(patterns):
            heads = np.flatnonzero(which.ravel() == number)
            inside = np.flatnonzero(rows)
            part = kernel[np.ix_(inside, inside)]
            part[np.diag_indices_from(part)] += np.float32(ridge) / weights[inside]
            coefficients[np.ix_(inside, heads)] = _solved(part, targets[np.ix_(inside, heads)])
        return cls(blocks, shape, coefficients)


def _solved(matrix: Floats, wanted: Floats) -> Floats:
    from scipy.linalg import (  # type: ignore[import-untyped]  # noqa: PLC0415
        solve,  # to train only: it takes half the time of numpy's
    )

    solved: Floats = solve(
        matrix, wanted, assume_a="pos", overwrite_a=True, overwrite_b=True, check_finite=False
    )
    return solved
