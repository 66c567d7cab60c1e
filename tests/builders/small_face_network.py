"""A tiny network written the way the published SFace file is: block-quantised weights, opset 21, unfed inputs."""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from provisioning.sface_folding import INPUT_SHAPE, OUTPUT_SHAPE

_CHANNELS = 4
_BLOCK = 9


def small_face_network(extra_layer: str | None = None) -> bytes:
    """ONNX bytes. `extra_layer` adds a layer of that kind, which a face network does not have."""
    chance = np.random.default_rng(1)
    tensors: dict[str, NDArray[np.generic]] = {
        "half": np.array([127.5], np.float32),
        "shape": np.array([_CHANNELS, 3, 3, 3], np.int64),
        "slope": chance.uniform(0.1, 0.3, (_CHANNELS, 1, 1)).astype(np.float32),
        **_quantised("kernel", (_CHANNELS, 27), _BLOCK, chance),
        **_quantised("matrix", (128, _CHANNELS * 56 * 56), 64, chance),
        **_normalisation("bn1", _CHANNELS, chance),
        **_normalisation("bn2", _CHANNELS, chance),
        **_normalisation("bn3", 128, chance),
    }
    nodes = [
        _dequantise("kernel", _BLOCK),
        helper.make_node("Reshape", ["kernel", "shape"], ["kernel_shaped"]),
        _dequantise("matrix", 64),
        helper.make_node("Sub", ["data", "half"], ["centred"]),
        helper.make_node("Conv", ["centred", "kernel_shaped"], ["conv"], strides=[2, 2], pads=[1, 1, 1, 1]),
        _batch_normalisation("conv", "bn1"),
        helper.make_node("PRelu", ["bn1", "slope"], ["relu"]),
        _batch_normalisation("relu", "bn2"),
        helper.make_node("Constant", [], ["ratio"], value_float=0.4),
        helper.make_node("Dropout", ["bn2", "ratio"], ["dropped"]),
        helper.make_node("Flatten", ["dropped"], ["flat"]),
        helper.make_node("Gemm", ["flat", "matrix"], ["dense"], transB=1),
        _batch_normalisation("dense", "bn3"),
    ]
    last = "bn3"
    if extra_layer is not None:
        nodes.append(helper.make_node(extra_layer, ["bn3"], ["extra"]))
        last = "extra"
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, INPUT_SHAPE)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, OUTPUT_SHAPE)],
        [numpy_helper.from_array(values, name) for name, values in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString())


def _quantised(
    name: str, shape: tuple[int, int], block: int, chance: np.random.Generator
) -> dict[str, NDArray[np.generic]]:
    blocks = (shape[0], -(-shape[1] // block))
    return {
        f"{name}_quantised": chance.integers(-128, 128, shape).astype(np.int8),
        f"{name}_scales": chance.uniform(0.001, 0.01, blocks).astype(np.float32),
        f"{name}_zero_points": chance.integers(-20, 20, blocks).astype(np.int8),
    }


def _dequantise(name: str, block: int) -> onnx.NodeProto:
    inputs = [f"{name}_quantised", f"{name}_scales", f"{name}_zero_points"]
    return helper.make_node("DequantizeLinear", inputs, [name], axis=1, block_size=block)


def _normalisation(name: str, channels: int, chance: np.random.Generator) -> dict[str, NDArray[np.generic]]:
    return {
        f"{name}_gamma": chance.uniform(0.5, 2, channels).astype(np.float32),
        f"{name}_beta": chance.normal(0, 1, channels).astype(np.float32),
        f"{name}_mean": chance.normal(0, 1, channels).astype(np.float32),
        f"{name}_variance": chance.uniform(0.5, 2, channels).astype(np.float32),
    }


def _batch_normalisation(value: str, name: str) -> onnx.NodeProto:
    inputs = [value, f"{name}_gamma", f"{name}_beta", f"{name}_mean", f"{name}_variance"]
    return helper.make_node("BatchNormalization", inputs, [name], epsilon=1e-3)
