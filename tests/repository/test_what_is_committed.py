"""Nothing that belongs to one machine, to one person's face, or to somebody else is in the repository."""

import re
from pathlib import Path

from tests.builders import checkout

PICTURES = frozenset((".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".jp2", ".j2k", ".tif", ".tiff", ".heic"))
WEIGHTS = frozenset(
    (".onnx", ".pth", ".pt", ".npz", ".npy", ".caffemodel", ".tflite", ".h5", ".pb", ".safetensors", ".pkl")
)
ALLOWED_BINARIES: dict[str, str] = {}  # path: what it is, where it comes from, and that no real person is in it
OPENINGS = (b"\xff\xd8\xff", b"\x89PNG", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"GIF8", b"PK\x03\x04", b"\x80\x02")
"""JPEG, PNG, JPEG 2000 (file and bare stream), GIF, zip, pickle."""

LARGEST_BYTES = 600_000

# Put together from parts, so that this file does not hold what it forbids.
WORKPLACE = re.compile(r"(?<![\w.])/" + r"work(?:/|\b)")
SHARED = re.compile(r"\.\./" + r"shared\b")
REGISTRIES = re.compile(
    "|".join(
        re.escape(dot.replace(" ", "."))
        for dot in (
            "pypi org",
            "pythonhosted org",
            "deb debian org",
            "archive raspberrypi",
            "registry npmjs",
            "registry yarnpkg",
            "docker io/",
            "ghcr io",
            "quay io",
            "proxy golang",
        )
    )
)


def _mentions(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{path}:{number}"
        for path in paths
        for number, line in enumerate(checkout.text(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_the_place_where_it_was_written() -> None:
    assert not _mentions(WORKPLACE, checkout.text_files())


def test_only_tests_name_the_data_beside_the_checkout() -> None:
    assert not _mentions(SHARED, [path for path in checkout.text_files() if path.parts[0] != "tests"])


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert not _mentions(REGISTRIES, checkout.text_files())


def test_no_pictures_and_no_weights_are_committed() -> None:
    found = {
        str(path)
        for path in checkout.files()
        if path.suffix.lower() in PICTURES | WEIGHTS and str(path) not in ALLOWED_BINARIES
    }
    assert not found, f"a face or a weight must not enter the history: {sorted(found)}"


def test_no_picture_or_weight_hides_behind_another_ending() -> None:
    found = [
        str(path)
        for path in checkout.files()
        if str(path) not in ALLOWED_BINARIES and (checkout.REPOSITORY / path).read_bytes()[:8].startswith(OPENINGS)
    ]
    assert not found, f"pictures, archives or pickles under another name: {found}"


def test_no_file_is_large() -> None:
    large = [str(path) for path in checkout.files() if (checkout.REPOSITORY / path).stat().st_size > LARGEST_BYTES]
    assert not large


def test_the_licence_is_apache_2() -> None:
    assert "Apache License\n                           Version 2.0, January 2004" in checkout.text(Path("LICENSE"))
    assert 'license = "Apache-2.0"' in checkout.text(Path("pyproject.toml"))
