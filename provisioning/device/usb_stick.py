"""What IT staff bring on a USB stick: an enrolment link in `enroll.txt`, a trust list. Not here: judging them."""

from pathlib import Path
from typing import Final

from models.wire.enrollment_code import CodeError, EnrollmentLink, read_link
from provisioning.stick_files import UnfitFileError, read_regular

LINK_FILE: Final = "enroll.txt"
_MOST_BYTES: Final = 4096
_MOUNTS: Final = ("media/*/*", "media/*", "run/media/*/*", "mnt/*", "mnt")


class NoStickError(CodeError):
    """No USB stick with an enrolment link was found. Plug it in, wait ten seconds, try again."""


def sticks(root: Path = Path("/")) -> tuple[Path, ...]:
    """The folders where Debian shows USB sticks."""
    return tuple(folder for pattern in _MOUNTS for folder in sorted(root.glob(pattern)) if folder.is_dir())


def link_on_stick(root: Path = Path("/")) -> EnrollmentLink:
    """The link in the first `enroll.txt` that is found. Raises NoStickError, CodeError."""
    for folder in sticks(root):
        try:
            text = read_regular(folder / LINK_FILE, _MOST_BYTES).decode("utf-8")
        except (OSError, UnfitFileError, UnicodeDecodeError):
            continue
        return read_link(text.strip().partition("\n")[0])
    raise NoStickError(
        f"Không thấy USB có tệp {LINK_FILE}. Cắm lại, chờ mười giây, rồi thử lại.\n"
        f"No USB stick with a file {LINK_FILE} was found. Plug it in, wait ten seconds, try again."
    )
