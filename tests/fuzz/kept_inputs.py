"""The kept inputs of a target: `corpus/NAME.txt`, a line each, what it is and its bytes in hexadecimal digits."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "corpus"


def kept_inputs(target: str) -> dict[str, bytes]:
    """By what each is."""
    lines = (FOLDER / f"{target}.txt").read_text("utf-8").splitlines()
    return {what: bytes.fromhex(digits) for what, _, digits in (line.rpartition(":") for line in lines)}


def keep_inputs(target: str, inputs: dict[str, bytes]) -> None:
    """Write them all anew."""
    FOLDER.mkdir(exist_ok=True)
    lines = [f"{what}: {content.hex()}\n" for what, content in inputs.items()]
    (FOLDER / f"{target}.txt").write_text("".join(lines), "utf-8")
