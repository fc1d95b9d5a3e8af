"""Writes the network of the second vector model: `python -m classifier.graph`.

A BERT encoder of twelve layers as an ONNX graph without weights; `classifier/encoder.py` gives it
those of the installed package.  Matrices are multiplied in bytes, each text's activations being
scaled as they come.  A running service never imports this module.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import onnx
from onnx import TensorProto, helper

from classifier.encoder import GRAPH, HEADS, HEARD, INNER, LAYERS, MATRICES, NORMS, WIDTH

_FUSED: Final = "com.microsoft"  # ONNX Runtime's own operators
_EPSILON: Final = 1e-12
_SIZES: Final = {"qkv": 3 * WIDTH, "out": WIDTH, "up": INNER, "down": WIDTH}


def graph() -> onnx.ModelProto:
    """Return the network; what goes in and comes out is texts x word pieces x 384."""
    nodes = [
        helper.make_node(
            "LayerNormalization",
            ["words", "words.scale", "words.shift"],
            ["-1.done"],
            epsilon=_EPSILON,
            axis=-1,
        )
    ]
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
        [_promised(name, kind, size) for name, (kind, size) in shapes().items()],
    )
    versions = [helper.make_opsetid("", 18), helper.make_opsetid(_FUSED, 1)]
    return helper.make_model(made, opset_imports=versions, ir_version=9)


def shapes() -> Mapping[str, tuple[int, tuple[int, ...]]]:
    """Return kind and shape of every tensor that the graph is given."""
    found: dict[str, tuple[int, tuple[int, ...]]] = {}
    norms = ["words"]
    for layer in range(LAYERS):
        for name, _, width in MATRICES:
            here, size = f"{layer}.{name}", _SIZES[name]
            found[f"{here}.matrix"] = (TensorProto.INT8, (width, size))
            found[f"{here}.scales"] = (TensorProto.FLOAT, (size,))
            found[f"{here}.zeros"] = (TensorProto.INT8, (size,))
            found[f"{here}.bias"] = (TensorProto.FLOAT, (size,))
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
    """Write the graph."""
    GRAPH.write_bytes(graph().SerializeToString(deterministic=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
