"""Cuts text into the word pieces of the second vector model.

A unigram tokenizer: among all ways to cut a text into known pieces, the likeliest.  The pieces,
their likelihoods and the normalisation come with the model; they are kept as sorted digests, so
that a quarter of a million of them cost 4 MB and no start-up worth naming.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint64]
Digests = npt.NDArray[np.uint64]

_SPACES: Final = re.compile(" {2,}")
_MARK: Final = "\u2581"  # stands for a space
_LONGEST: Final = 64  # letters of a piece at most
_FACTORS: Final = np.array(
    [pow(0x9E3779B97F4A7C15, place, 2**64) for place in range(_LONGEST + 1)], dtype=np.uint64
)  # odd, so that no power loses bits
_PENALTY: Final = 10.0  # how much less likely than the rarest piece an unknown letter is


@dataclass(frozen=True, slots=True)
class Pieces:
    """Known pieces by digest, with the number and the log-likelihood of each."""

    digests: Digests  # sorted
    numbers: npt.NDArray[np.int32]
    scores: npt.NDArray[np.float32]
    longest: int  # letters
    unknown: int  # number of the piece for unknown letters
    spelling: Mapping[int, str]  # what a letter is written as, where that differs

    @classmethod
    def of(
        cls,
        letters: Codes,
        ends: npt.NDArray[np.int64],
        scores: npt.NDArray[np.float32],
        *,
        unknown: int,
        spelling: Mapping[int, str],
    ) -> Self:
        """Return pieces written one after the other, each with the place where it ends."""
        starts = np.concatenate(([0], ends[:-1]))
        lengths = ends - starts
        digests = np.zeros(len(ends), dtype=np.uint64)
        for length in np.unique(lengths[lengths > 0]):
            at = np.flatnonzero(lengths == length)
            rows = letters[starts[at, None] + np.arange(length)]
            digests[at] = _digests(rows)
        digests[unknown] = 0
        order = np.argsort(digests, kind="stable")
        return cls(
            digests[order],
            order.astype(np.int32),
            scores[order],
            int(lengths.max()),
            unknown,
            spelling,
        )

    def cut(self, text: str) -> list[int]:
        """Return the numbers of the likeliest pieces, in the order of the text."""
        written = _SPACES.sub(" ", text.translate(self.spelling))
        written = written if written.startswith(" ") else f" {written}"
        letters = np.array([ord(letter) for letter in written.replace(" ", _MARK)], dtype=np.uint64)
        return self._likeliest(len(letters), self._found(letters))

    def _found(self, letters: Codes) -> list[list[tuple[int, float, int]]]:
        """Return for each place the pieces that start there: end, likelihood, number."""
        found: list[list[tuple[int, float, int]]] = [[] for _ in letters]
        sums = np.zeros(len(letters), dtype=np.uint64)
        for length in range(1, min(self.longest, len(letters)) + 1):
            sums = sums[: len(letters) - length + 1] + letters[length - 1 :] * _FACTORS[length]
            digests = _finished(sums, length)
            at = self.digests.searchsorted(digests)
            at[at == len(self.digests)] = 0
            starts = (self.digests[at] == digests).nonzero()[0]
            at = at[starts]
            for start, score, number in zip(
                starts.tolist(), self.scores[at].tolist(), self.numbers[at].tolist(), strict=True
            ):
                found[start].append((start + length, score, number))
        return found

    def _likeliest(self, size: int, found: Sequence[Sequence[tuple[int, float, int]]]) -> list[int]:
        unlikely = float(self.scores.min()) - _PENALTY
        best = [0.0] + [-math.inf] * size
        came: list[tuple[int, int]] = [(0, 0)] * (size + 1)  # from where, by which piece
        for start, pieces in enumerate(found):
            so_far = best[start]
            for end, score, number in (*pieces, (start + 1, unlikely, self.unknown)):
                if so_far + score > best[end]:
                    best[end], came[end] = so_far + score, (start, number)
        numbers, at = [], size
        while at:
            at, number = came[at]
            numbers.append(number)
        return numbers[::-1]


def _digests(rows: npt.NDArray[Any]) -> Digests:
    """Return one digest of each row of letters; two alike are as likely as two hashes."""
    length = rows.shape[1]
    sums: Digests = (rows.astype(np.uint64) * _FACTORS[1 : length + 1]).sum(axis=1)
    return _finished(sums, length)


def _finished(sums: Digests, length: int) -> Digests:
    """Return sums of letters times factors as digests: the high bits mixed in, and the length."""
    finished: Digests = sums ^ (sums >> np.uint64(29)) ^ np.uint64(length)
    return finished
