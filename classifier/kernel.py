"""A kernel machine in numpy: many small answers from one comparison with the corpus.

Ridge regression on a Gaussian kernel: every head is one column of coefficients over the same
training vectors, so a message is compared with the corpus once and all heads are read off.
Measured against logistic regression and support vectors on the same vectors: docs/understanding.md.
"""

from __future__ import annotations

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
    restored: Floats = rows.astype(np.float32) * scales[:, None]
    return restored


def gaussian(left: Floats, right: Floats, width: float) -> Floats:
    """Compare every row of one with every row of the other: exp(-width·distance²)."""
    squares = (left * left).sum(1)[:, None] + (right * right).sum(1)[None, :]
    compared: Floats = np.exp(np.float32(-width) * (squares - 2 * (left @ right.T)))
    return compared


@dataclass(frozen=True, slots=True)
class Machine:
    """Training vectors and, for every head, how much each of them counts."""

    vectors: Floats  # messages x dimensions
    coefficients: Floats  # messages x heads
    width: float

    def scores(self, rows: Floats) -> Floats:
        """Return one score per row and head, about -1 to 1."""
        return gaussian(rows, self.vectors, self.width) @ self.coefficients

    @classmethod
    def fit(
        cls, vectors: Floats, targets: Floats, weights: Floats, *, width: float, ridge: float
    ) -> Self:
        """Solve for the coefficients; a target of NaN leaves that message out of that head."""
        kernel = gaussian(vectors, vectors, width).astype(np.float64)
        coefficients = np.zeros(targets.shape, dtype=np.float32)
        known = ~np.isnan(targets)
        patterns, which = np.unique(known.T, axis=0, return_inverse=True)
        for number, rows in enumerate(patterns):
            heads = np.flatnonzero(which.ravel() == number)
            inside = np.flatnonzero(rows)
            part = kernel[np.ix_(inside, inside)]
            part[np.diag_indices_from(part)] += ridge / weights[inside]
            solved = np.linalg.solve(part, targets[np.ix_(inside, heads)].astype(np.float64))
            coefficients[np.ix_(inside, heads)] = solved
        return cls(vectors, coefficients, width)
