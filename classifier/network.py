"""Networks that are drawn without weights and run by ONNX Runtime on its integer kernels.

`classifier/graph.py` draws them into `classifier/weights/`; whoever opens one hands over the
weights of an installed package.  Nothing is written to disk and nothing fetched.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

    from classifier.kernel import Floats

Tensors = Mapping[str, npt.NDArray[Any]]

WEIGHTS: Final = Path(__file__).parent / "weights"


class NotReadableError(Exception):
    """The weights of a package are not what this room knows how to read."""


def opened(graph: Path, tensors: Tensors) -> InferenceSession:
    """Open a network with its weights, on one core.

    Raises ImportError without ONNX Runtime, NotReadableError where the weights do not fit.
    """
    import onnxruntime  # noqa: PLC0415  - an extra; without it reading is slower or less sure

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep what the longest text took
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in tensors.values()]
    options.add_external_initializers(list(tensors), values)
    try:
        return onnxruntime.InferenceSession(
            graph.read_bytes(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # its errors have no other ancestor
        raise NotReadableError(f"{graph.name}: {error}") from error


def in_bytes(name: str, matrix: Floats, bias: Floats) -> dict[str, npt.NDArray[Any]]:
    """Return a matrix, inputs x outputs, as bytes with one scale an output, and its bias."""
    scales = np.maximum(np.abs(matrix).max(axis=0), 1e-12) / np.float32(127)
    return {
        f"{name}.matrix": np.ascontiguousarray(np.round(matrix / scales).astype(np.int8)),
        f"{name}.scales": scales,
        f"{name}.zeros": np.zeros(len(scales), dtype=np.int8),
        f"{name}.bias": bias,
    }
