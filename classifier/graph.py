"""Draws the networks of both vector models: `python -m classifier.graph`.

ONNX graphs without weights, which `classifier/universal.py` and `classifier/encoder.py` take from
the installed packages: words and neighbours in three branches, and a BERT encoder of twelve
layers.  Matrices are multiplied in bytes, each text's activations being scaled as they come.  A
running service never imports this module.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from classifier import encoder, universal
from classifier.encoder import HEADS, HEARD, INNER, LAYERS, MATRICES, NORMS, WIDTH
from classifier.universal import BRANCH, DENSE, NEIGHBOURS, SEEN, VECTOR

Shapes = Mapping[str, tuple[int, tuple[int, ...]]]

_FUSED: Final = "com.microsoft"  # ONNX Runtime's own operators
_EPSILON: Final = 1e-12
_SIZES: Final = {"qkv": 3 * WIDTH, "out": WIDTH, "up": INNER, "down": WIDTH}
_PIECES: Final = 0  # the axis of a text's word pieces
_END: Final = 2**31  # beyond every text


def first() -> onnx.ModelProto:
    """Return the network of the first model: word pieces x 512 go in, 1 x 512 comes out."""
    nodes = [
        _multiplied("begun", "words"),
        _layer_normed("begun", "mixed"),
        helper.make_node("Split", ["mixed"], [*NEIGHBOURS], axis=-1, num_outputs=len(NEIGHBOURS)),
    ]
    for name, (before, after) in NEIGHBOURS.items():
        nodes += _looked(f"{name}.first", name, before, after)
        nodes += _looked(f"{name}.second", f"{name}.first.done", before, after)
    ends = [f"{name}.second.done" for name in NEIGHBOURS]
    nodes += [
        helper.make_node("Concat", ["words", *ends], ["seen"], axis=-1),
        _layer_normed("seen", "even"),
        helper.make_node("ReduceMean", ["even", "pieces"], ["mean"], keepdims=1),
        helper.make_node("Gemm", ["mean", "cnn_W", "cnn_b"], ["said"]),
        helper.make_node("Shape", ["words"], ["counted"], start=0, end=1),
        helper.make_node("Cast", ["counted"], ["count"], to=TensorProto.FLOAT),
        helper.make_node("Sqrt", ["count"], ["length"]),
        helper.make_node("Mul", ["said", "length"], ["text"]),
        helper.make_node("MatMul", ["text", "d0"], ["0"]),
        helper.make_node("Relu", ["0"], ["0.bent"]),
        *_sum("1", ("text", "p1"), ("0.bent", "d1")),
        helper.make_node("Relu", ["1"], ["1.bent"]),
        helper.make_node("MatMul", ["1.bent", "d2"], ["2"]),
        helper.make_node("Relu", ["2"], ["2.bent"]),
        *_sum("3", ("1.bent", "p3"), ("2.bent", "d3")),
        helper.make_node("Tanh", ["3"], ["vector"]),
    ]
    fixed = [
        numpy_helper.from_array(np.zeros((), np.float32), "nothing"),
        _numbers("pieces", _PIECES),
    ]
    for before, after in NEIGHBOURS.values():
        fixed.append(_numbers(f"around.{before}.{after}", before, 0, after, 0))
    widest = max(sum(around) for around in NEIGHBOURS.values())
    fixed += [_numbers(f"from.{at}", at) for at in range(widest + 1)]
    fixed += [_numbers(f"to.{at}", -at or _END) for at in range(widest + 1)]
    made = helper.make_graph(
        nodes,
        "universal",
        [helper.make_tensor_value_info("words", TensorProto.FLOAT, ("pieces", VECTOR))],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, (1, VECTOR))],
        fixed + [_promised(name, kind, size) for name, (kind, size) in first_shapes().items()],
    )
    return _model(made)


def first_shapes() -> Shapes:
    """Return kind and shape of every tensor that the first model's graph is given."""
    found = _matrix("begun", VECTOR, len(NEIGHBOURS) * BRANCH)
    for name, (before, after) in NEIGHBOURS.items():
        for layer in ("first", "second"):
            found |= _matrix(f"{name}.{layer}", (before + 1 + after) * BRANCH, BRANCH)
    found |= {name: (TensorProto.FLOAT, size) for name, size in DENSE.items()}
    found["cnn_b"] = (TensorProto.FLOAT, (VECTOR,))
    for name, size in (("begun", len(NEIGHBOURS) * BRANCH), ("seen", SEEN)):
        found |= {f"{name}.{part}": (TensorProto.FLOAT, (size,)) for part in ("scale", "shift")}
    return found


def _looked(name: str, source: str, before: int, after: int) -> list[onnx.NodeProto]:
    """Return one layer of a branch: every word piece with its neighbours, zeros beyond the ends."""
    around = before + after
    parts = [f"{name}.{at}" for at in range(around + 1)]
    return [
        helper.make_node(
            "Pad", [source, f"around.{before}.{after}", "nothing"], [f"{name}.padded"]
        ),
        *(
            helper.make_node(
                "Slice", [f"{name}.padded", f"from.{at}", f"to.{around - at}", "pieces"], [part]
            )
            for at, part in enumerate(parts)
        ),
        helper.make_node("Concat", parts, [f"{name}.beside"], axis=-1),
        _multiplied(name, f"{name}.beside"),
        helper.make_node("Relu", [name], [f"{name}.bent"]),
        helper.make_node("Add", [f"{name}.bent", source], [f"{name}.done"]),
    ]


def _sum(name: str, *products: tuple[str, str]) -> list[onnx.NodeProto]:
    parts = [f"{name}.{source}" for source, _ in products]
    return [
        *(
            helper.make_node("MatMul", list(product), [part])
            for product, part in zip(products, parts, strict=True)
        ),
        helper.make_node("Add", parts, [name]),
    ]


def _numbers(name: str, *values: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def _layer_normed(name: str, output: str) -> onnx.NodeProto:
    tensors = [f"{name}.{part}" for part in ("scale", "shift")]
    return helper.make_node(
        "LayerNormalization", [name, *tensors], [output], epsilon=_EPSILON, axis=-1
    )


def second() -> onnx.ModelProto:
    """Return the network of the second model; all is texts x word pieces x 384."""
    nodes = [_layer_normed("words", "-1.done")]
    for layer in range(LAYERS):
        nodes += _layer(str(layer), before=f"{layer - 1}.done")
    shape: Sequence[str | int] = ("texts", "pieces", WIDTH)
    made = helper.make_graph(
        nodes,
        "encoder",
        [helper.make_tensor_value_info("words", TensorProto.FLOAT, shape)],
        [
            helper.make_tensor_value_info(f"{layer}.done", TensorProto.FLOAT, shape)
            for layer in HEARD
        ],
        [_promised(name, kind, size) for name, (kind, size) in second_shapes().items()],
    )
    return _model(made)


def second_shapes() -> Shapes:
    """Return kind and shape of every tensor that the second model's graph is given."""
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    norms = ["words"]
    for layer in range(LAYERS):
        for name, _, width in MATRICES:
            found |= _matrix(f"{layer}.{name}", width, _SIZES[name])
        norms += [f"{layer}.{name}" for name, _ in NORMS]
    for name in norms:
        for part in ("scale", "shift"):
            found[f"{name}.{part}"] = (TensorProto.FLOAT, (WIDTH,))
    return found


def _layer(layer: str, *, before: str) -> list[onnx.NodeProto]:
    kinds = [f"{layer}.{name}" for name in ("query", "key", "value")]
    return [
        _multiplied(f"{layer}.qkv", before),
        helper.make_node("Split", [f"{layer}.qkv"], kinds, axis=-1, num_outputs=len(kinds)),
        _fused("MultiHeadAttention", kinds, f"{layer}.seen", num_heads=HEADS),
        _multiplied(f"{layer}.out", f"{layer}.seen"),
        _normed(f"{layer}.mixed", before, f"{layer}.out"),
        _multiplied(f"{layer}.up", f"{layer}.mixed"),
        _fused("Gelu", [f"{layer}.up"], f"{layer}.bent"),
        _multiplied(f"{layer}.down", f"{layer}.bent"),
        _normed(f"{layer}.done", f"{layer}.mixed", f"{layer}.down"),
    ]


def _model(made: onnx.GraphProto) -> onnx.ModelProto:
    versions = [helper.make_opsetid("", 18), helper.make_opsetid(_FUSED, 1)]
    return helper.make_model(made, opset_imports=versions, ir_version=9)


def _matrix(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, tuple[int, ...]]]:
    return {
        f"{name}.matrix": (TensorProto.INT8, (inputs, outputs)),
        f"{name}.scales": (TensorProto.FLOAT, (outputs,)),
        f"{name}.zeros": (TensorProto.INT8, (outputs,)),
        f"{name}.bias": (TensorProto.FLOAT, (outputs,)),
    }


def _fused(kind: str, inputs: Sequence[str], output: str, **options: Any) -> onnx.NodeProto:  # noqa: ANN401
    return helper.make_node(kind, inputs, [output], domain=_FUSED, **options)


def _multiplied(name: str, source: str) -> onnx.NodeProto:
    tensors = [f"{name}.{part}" for part in ("matrix", "scales", "zeros", "bias")]
    return _fused("DynamicQuantizeMatMul", [source, *tensors], name)


def _normed(name: str, source: str, added: str) -> onnx.NodeProto:
    inputs = [source, added, f"{name}.scale", f"{name}.shift"]
    return _fused("SkipLayerNormalization", inputs, name, epsilon=_EPSILON)


def _promised(name: str, kind: int, shape: Sequence[int]) -> onnx.TensorProto:
    """Return a tensor whose content is handed over when the network is opened."""
    tensor = onnx.TensorProto(name=name, data_type=kind, dims=shape)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="handed over")
    return tensor


def main() -> int:
    """Write the graphs."""
    for path, graph in ((universal.GRAPH, first()), (encoder.GRAPH, second())):
        path.write_bytes(graph.SerializeToString(deterministic=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
