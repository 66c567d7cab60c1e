"""What central tells the authority when a box is to be taken out: all that it knows of the box and its certificates.

An authority that was restored from a backup may have lost some of them. Not here: asking it (`authority_post`,
`central.http.revocation_pages`).
"""

from sqlalchemy import Connection

from central.registers import audit_log
from models.fleet import MOST_SERIALS, BoxRecord, Errand, RevocationRequest


def removal_of(connection: Connection, record: BoxRecord, errand: Errand) -> RevocationRequest:
    """The request with every serial (hex) that the authority's log or record ever named for the box."""
    said = (words.get("serial") for words in audit_log.said_of(connection, record.box_id))
    serials = dict.fromkeys(serial for serial in (*said, record.serial) if serial)
    return RevocationRequest(errand=errand, box_id=record.box_id, known=record, serials=tuple(serials)[-MOST_SERIALS:])
