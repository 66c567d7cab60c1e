"""What each refusal says to people: one sentence that tells what to do next.

Not here: when it is said (the desks), and its Vietnamese on the pages (central).
"""

from typing import Final

from models.enrollment import AuthorityRefusal, RefusalCode

SENTENCES: Final[dict[RefusalCode, str]] = {
    RefusalCode.CODE_UNKNOWN: "Nobody made this code. Compare it with the page, or ask IT for a new one.",
    RefusalCode.CODE_USED: "Another box has used this code. Ask IT for a new one, and tell them.",
    RefusalCode.CODE_LATE: "This code is over, or a newer one was made for the room. Ask IT for a new one.",
    RefusalCode.CODE_OF_OTHER_ROOM: "This code is for another room. Take the sheet of this room.",
    RefusalCode.PROOF_WRONG: "The proof does not fit. Start again; if it happens twice, tell the province's IT.",
    RefusalCode.TOO_MANY_TRIES: "Too many wrong tries. Wait ten minutes, then type the code once, slowly.",
    RefusalCode.KEY_SHARED: "This key belongs to another machine or was delivered by a factory. Make a new key.",
    RefusalCode.KEY_WEAK: "This key is of a kind that is not taken. Make a new P-256 key.",
    RefusalCode.REQUEST_BROKEN: "The request does not have the shape it must have. Update this machine's software.",
    RefusalCode.MACHINE_RETIRED: "This machine was taken out. IT must make a new code for it, then it may come back.",
    RefusalCode.NOT_ALLOWED: "This certificate may not ask that.",
    RefusalCode.BOX_UNKNOWN: "There is no such box. Compare its name with the page.",
    RefusalCode.BOX_REVOKED: "This box was taken out. Ask IT for a new code and enrol it again.",
    RefusalCode.CERTIFICATE_UNKNOWN: "This authority did not issue the certificate. Enrol the box again.",
    RefusalCode.RENEWAL_TOO_LATE: "The certificate has been over for too long. Ask IT for a code and enrol again.",
    RefusalCode.NO_EXAM: "There is no such exam for this room now. Ask the exam office.",
    RefusalCode.FROZEN_FOR_EXAM: "An exam is near; nothing is changed until it is over.",
    RefusalCode.ROOM_HAS_BOX: "The room has a box. Say which one is replaced. For one beside it: make-code --beside.",
}


def refuse(code: RefusalCode, sentence: str = "") -> AuthorityRefusal:
    """A refusal with its usual sentence, or a closer one."""
    return AuthorityRefusal(code=code, sentence=sentence or SENTENCES[code])
