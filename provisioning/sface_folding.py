"""Rewrites the SFace network from block-quantised to plain 32-bit numbers, so that OpenCV 5 can run it.

The published file (opset 21) keeps its weights as 8-bit blocks and carries inputs that nobody feeds; OpenCV 5 refuses
it. Folding multiplies the blocks out, drops the dropout, merges every batch normalisation into the layer beside it and
writes opset 13. The embedding stays the same (`known_embedding_deviation`). Needs the `onnx` package, at install only.
Not here: where the file comes from and where it goes (`provisioning.weights`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from models.errors import BadInputError

Floats = NDArray[np.float32]

INPUT_SHAPE = (1, 3, 112, 112)
OUTPUT_SHAPE = (1, 128)

# What the published network answers to `probe_picture()`: the first eight numbers of its normalised embedding,
# computed once from the block-quantised file by onnx's own reference evaluator.
KNOWN_EMBEDDING_HEAD = (-0.036534, 0.017675, 0.028182, 0.058798, -0.026083, 0.059544, 0.098867, -0.064842)


class FoldingError(BadInputError):
    """The network is not the SFace network that this program knows how to fold."""


@dataclass(slots=True, kw_only=True)
class _Layers:
    """The graph while it is rewritten: tensors by name, nodes in order, and names that now stand for others."""

    tensors: dict[str, Floats]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)

    def follow(self, name: str) -> str:
        """The name under which a value is known after folding."""
        return self.renamed.get(name, name)

    def maker_of(self, value: str) -> onnx.NodeProto | None:
        """The kept node that produces a value, or None for the network's input."""
        return next((node for node in self.nodes if node.output[0] == value), None)


def fold(published: bytes) -> bytes:
    """The folded network as ONNX bytes, from the published block-quantised bytes (check their hash before).

    Raises FoldingError when a layer is met that the SFace network does not have.
    """
    source = onnx.load_from_string(published)
    layers = _Layers(tensors={t.name: numpy_helper.to_array(t) for t in source.graph.initializer})
    steps: dict[str, Callable[[_Layers, onnx.NodeProto], None]] = {
        "DequantizeLinear": _multiply_out,
        "Reshape": _reshape_weight,
        "BatchNormalization": _merge_normalisation,
        "Constant": lambda _layers, _node: None,
        "Dropout": _pass_through,
    }
    for node in source.graph.node:
        steps.get(node.op_type, _keep)(layers, node)
    return _write(layers, layers.follow(source.graph.output[0].name))


def _keep(layers: _Layers, node: onnx.NodeProto) -> None:
    if node.op_type not in {"Sub", "Mul", "Conv", "PRelu", "Flatten", "Gemm"}:
        raise FoldingError(f"The face network holds an unknown layer ({node.op_type}); it cannot be folded.")
    kept = onnx.NodeProto()
    kept.CopyFrom(node)
    kept.input[:] = [layers.follow(name) for name in node.input]
    layers.nodes.append(kept)


def _pass_through(layers: _Layers, node: onnx.NodeProto) -> None:
    layers.renamed[node.output[0]] = layers.follow(node.input[0])


def _multiply_out(layers: _Layers, node: onnx.NodeProto) -> None:
    """Weight = (quantised - zero point) x scale, one scale per block along an axis (ONNX DequantizeLinear-21)."""
    quantised, scales, zero_points = (layers.tensors[name] for name in node.input)
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    axis, block, length = attributes["axis"], attributes["block_size"], quantised.shape[attributes["axis"]]

    def spread(per_block: Floats) -> Floats:
        return np.repeat(per_block, block, axis=axis).take(range(length), axis=axis)

    differences = quantised.astype(np.float32) - spread(zero_points.astype(np.float32))
    layers.tensors[node.output[0]] = differences * spread(scales)


def _reshape_weight(layers: _Layers, node: onnx.NodeProto) -> None:
    weight, shape = (layers.tensors[name] for name in node.input)
    layers.tensors[node.output[0]] = weight.reshape([int(side) for side in shape])


def _merge_normalisation(layers: _Layers, node: onnx.NodeProto) -> None:
    """Merges y = (x - mean) / sqrt(var + epsilon) x gamma + beta into the convolution or matrix before it.

    After an activation there is nothing to merge into: it stays, as one multiplication and one addition.
    """
    gamma, beta, mean, variance = (layers.tensors[name].astype(np.float64) for name in node.input[1:])
    epsilon = next(a.f for a in node.attribute if a.name == "epsilon")
    factor = gamma / np.sqrt(variance + epsilon)
    offset = beta - mean * factor
    value = layers.follow(node.input[0])
    maker = layers.maker_of(value)
    if maker is None or maker.op_type not in {"Conv", "Gemm"}:
        _normalise_plainly(layers, node, value, factor, offset)
        return
    weight = layers.tensors[maker.input[1]].astype(np.float64)
    bias = layers.tensors[maker.input[2]].astype(np.float64) if len(maker.input) > 2 else 0.0
    merged = weight * factor.reshape(-1, *[1] * (weight.ndim - 1))
    layers.tensors[f"{maker.output[0]}_weight"] = merged.astype(np.float32)
    layers.tensors[f"{maker.output[0]}_bias"] = (bias * factor + offset).astype(np.float32)
    maker.input[:] = [maker.input[0], f"{maker.output[0]}_weight", f"{maker.output[0]}_bias"]
    layers.renamed[node.output[0]] = maker.output[0]


def _normalise_plainly(
    layers: _Layers, node: onnx.NodeProto, value: str, factor: NDArray[np.float64], offset: NDArray[np.float64]
) -> None:
    scaled, output = f"{node.output[0]}_scaled", node.output[0]
    for name, numbers in ((f"{output}_factor", factor), (f"{output}_offset", offset)):
        layers.tensors[name] = numbers.astype(np.float32).reshape(1, -1, 1, 1)
    layers.nodes.append(helper.make_node("Mul", [value, f"{output}_factor"], [scaled]))
    layers.nodes.append(helper.make_node("Add", [scaled, f"{output}_offset"], [output]))


def _write(layers: _Layers, output: str) -> bytes:
    used = sorted({name for node in layers.nodes for name in node.input if name in layers.tensors})
    graph = helper.make_graph(
        layers.nodes,
        "sface",
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, INPUT_SHAPE)],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, OUTPUT_SHAPE)],
        [numpy_helper.from_array(layers.tensors[name], name) for name in used],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))


def probe_picture() -> Floats:
    """A fixed picture without meaning, as the network takes it: 1x3x112x112, 0-255."""
    return np.random.default_rng(20211231).integers(0, 256, INPUT_SHAPE).astype(np.float32)


def embedding_of(network: bytes, picture: Floats) -> Floats:
    """The normalised 128 numbers for a picture, computed by onnx's slow reference evaluator (about a second)."""
    (output,) = ReferenceEvaluator(onnx.load_from_string(network)).run(None, {"data": picture})
    flat = np.asarray(output, dtype=np.float32).reshape(-1)
    return flat / np.linalg.norm(flat)


def known_embedding_deviation(folded: bytes) -> float:
    """The largest difference between the folded network's answer to `probe_picture` and the published one's."""
    head = embedding_of(folded, probe_picture())[: len(KNOWN_EMBEDDING_HEAD)]
    return float(np.abs(head - np.array(KNOWN_EMBEDDING_HEAD)).max())
