"""Who works at the centre, and what each role may see and do: one table, deny by default.

Not here: accounts and passwords (`central.registers.staff_accounts`) and the proctors of a room box, who sign in with
the room's door code.
"""

from enum import StrEnum


class Role(StrEnum):
    """A person's task."""

    PROCTOR = "proctor"
    """Cán bộ coi thi: one room."""
    IT = "it"
    """Kỹ thuật viên: machines, never results or faces."""
    PRINCIPAL = "principal"
    """Hiệu trưởng, Trưởng Điểm thi."""
    EXAM_OFFICE = "exam-office"
    """Hội đồng thi."""
    INSPECTOR = "inspector"
    """Thanh tra: reads, without names."""
    ADMINISTRATOR = "administrator"
    """Keeps the accounts and nothing else."""


class Permission(StrEnum):
    """One thing that a page or a request asks for."""

    SEE_OWN_ROOM = "see own room"
    SEE_EXAM_DAY = "see exam day"
    SEE_NAMES = "see names"
    SEE_BOXES = "see boxes"
    ENROLL_BOXES = "enroll boxes"
    """Codes, sheets, batches, replacing a dead box."""
    TAKE_BOXES_OUT = "take boxes out"
    """Revoke; asks for a reason."""
    COMMAND_BOXES = "command boxes"
    """Restart, identify, support bundle."""
    COMMAND_DEVICES = "command devices"
    """Ask a room's devices something, acknowledge alerts, lend and take back."""
    KEEP_DEVICES = "keep devices"
    """The device register: add, change, retire."""
    RELEASE_UPDATES = "release updates"
    """Start, widen and stop a roll-out; only without a school."""
    SEE_QUARANTINE = "see quarantine"
    SEE_AUDIT_LOG = "see audit log"
    KEEP_ACCOUNTS = "keep accounts"


_MAY: dict[Role, frozenset[Permission]] = {
    Role.PROCTOR: frozenset({Permission.SEE_OWN_ROOM, Permission.SEE_NAMES}),
    Role.IT: frozenset(
        {
            Permission.SEE_BOXES,
            Permission.SEE_QUARANTINE,
            Permission.ENROLL_BOXES,
            Permission.TAKE_BOXES_OUT,
            Permission.COMMAND_BOXES,
            Permission.COMMAND_DEVICES,
            Permission.KEEP_DEVICES,
            Permission.RELEASE_UPDATES,
        }
    ),
    Role.PRINCIPAL: frozenset(
        {
            Permission.SEE_OWN_ROOM,
            Permission.SEE_EXAM_DAY,
            Permission.SEE_NAMES,
            Permission.SEE_BOXES,
            Permission.COMMAND_DEVICES,
        }
    ),
    Role.EXAM_OFFICE: frozenset(
        {
            Permission.SEE_OWN_ROOM,
            Permission.SEE_EXAM_DAY,
            Permission.SEE_NAMES,
            Permission.SEE_BOXES,
            Permission.SEE_QUARANTINE,
        }
    ),
    Role.INSPECTOR: frozenset(
        {Permission.SEE_OWN_ROOM, Permission.SEE_EXAM_DAY, Permission.SEE_QUARANTINE, Permission.SEE_AUDIT_LOG}
    ),
    Role.ADMINISTRATOR: frozenset({Permission.KEEP_ACCOUNTS, Permission.SEE_AUDIT_LOG}),
}


def may(role: Role, permission: Permission) -> bool:
    """Whether the role holds the permission; what the table does not name is refused."""
    return permission in _MAY.get(role, frozenset())
