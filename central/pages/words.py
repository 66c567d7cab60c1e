"""Words for codes: what roles, states, lights, reasons and troubles are called on the pages, in Vietnamese.

English stands in `english.po`, whose messages are these and those of the templates. Codes are the contract; words may
be improved at any time.
"""

from central.pages import box_words, equipment_words, fleet_words, place_words, principal_words
from central.registers.admission_register import CandidateState, JudgedAgain
from central.registers.quarantine import QuarantineReason
from models.admission import Light, ReasonCode
from models.chip.verdict import ChipVerdict
from models.evidence import FaceDecision
from models.staff import Role
from models.wire.event_chain import EventKind

ROLES: dict[Role, str] = {
    Role.PROCTOR: "Cán bộ coi thi",
    Role.IT: "Kỹ thuật viên",
    Role.PRINCIPAL: "Hiệu trưởng, Trưởng Điểm thi",
    Role.EXAM_OFFICE: "Hội đồng thi",
    Role.INSPECTOR: "Thanh tra",
    Role.ADMINISTRATOR: "Quản trị viên",
}

STATES: dict[CandidateState, str] = {
    CandidateState.SEATED: "Có mặt",
    CandidateState.ASKED: "Chờ xem xét",
    CandidateState.TURNED_AWAY: "Không vào",
    CandidateState.ANNULLED: "Đã hủy",
}

LIGHTS: dict[Light, str] = {Light.GREEN: "Đạt", Light.AMBER: "Cần xem", Light.RED: "Không được"}

KINDS: dict[EventKind, str] = {
    EventKind.ADMITTED: "Vào chỗ",
    EventKind.OVERRIDE: "Cho vào theo quyết định",
    EventKind.REFUSED: "Bị từ chối",
    EventKind.READING_FAILED: "Không đọc được thẻ",
    EventKind.TURNED_AWAY: "Giám thị không cho vào",
    EventKind.LEFT_UNDECIDED: "Bỏ ngỏ, người sau đã đến",
    EventKind.ANNULLED: "Hủy lượt vào",
}

JUDGED: dict[JudgedAgain, str] = {
    JudgedAgain.SAME: "Trung tâm xét lại: giống",
    JudgedAgain.DIFFERENT: "Trung tâm xét lại: khác",
    JudgedAgain.NOT_POSSIBLE: "Trung tâm không xét lại được",
}

FACES: dict[FaceDecision, str] = {
    FaceDecision.MATCH: "Khuôn mặt khớp",
    FaceDecision.LOOK: "Khuôn mặt cần xem",
    FaceDecision.NO_MATCH: "Khuôn mặt khác",
    FaceDecision.NOT_COMPARED: "Chưa so khuôn mặt",
}

CHIPS: dict[ChipVerdict, str] = {
    ChipVerdict.GENUINE: "Chip thật",
    ChipVerdict.NO_ANCHOR_INSTALLED: "Chưa có chứng thư gốc",
    ChipVerdict.UNTRUSTED_ISSUER: "Không rõ nơi cấp",
    ChipVerdict.SIGNATURE_INVALID: "Chữ ký sai",
    ChipVerdict.HASH_MISMATCH: "Dữ liệu bị sửa",
    ChipVerdict.SIGNER_NOT_FOR_DOCUMENTS: "Chứng thư không dùng để ký thẻ",
    ChipVerdict.SIGNER_REVOKED: "Chứng thư ký bị thu hồi",
    ChipVerdict.SIGNER_EXPIRED: "Chứng thư ký hết hạn",
    ChipVerdict.REVOCATION_UNKNOWN: "Danh sách thu hồi đã cũ",
    ChipVerdict.CHIP_NOT_PROVEN: "Chưa chứng minh là chip gốc",
    ChipVerdict.EXPIRED: "Thẻ hết hạn",
    ChipVerdict.INCONSISTENT: "Dữ liệu mâu thuẫn",
    ChipVerdict.DOWNGRADE: "Kênh đọc bị hạ cấp",
    ChipVerdict.CLONE_SUSPECT: "Nghi sao chép",
    ChipVerdict.PARSE_ERROR: "Không đọc được dữ liệu",
}

REASONS: dict[ReasonCode, str] = {
    ReasonCode.ADMITTED: "Đúng người, đúng phòng",
    ReasonCode.NO_ANCHOR_INSTALLED: "Chưa có chứng thư gốc để kiểm tra thẻ",
    ReasonCode.CHIP_NOT_PROVEN: "Chip không chứng minh được là bản gốc",
    ReasonCode.REVOCATION_UNKNOWN: "Danh sách chứng thư thu hồi đã cũ",
    ReasonCode.CARD_EXPIRED: "Thẻ đã hết hạn",
    ReasonCode.NAME_DIFFERS: "Tên trên thẻ khác danh sách",
    ReasonCode.BIRTH_DATE_DIFFERS: "Ngày sinh trên thẻ khác danh sách",
    ReasonCode.FACE_UNSURE: "Máy chưa chắc là cùng một người",
    ReasonCode.FACE_DIFFERENT: "Khuôn mặt khác ảnh trong chip",
    ReasonCode.NO_FACE: "Không thấy ai trước máy ảnh",
    ReasonCode.SEVERAL_FACES: "Có nhiều người trước máy ảnh",
    ReasonCode.FACE_NOT_CLEAR: "Ảnh khuôn mặt chưa đủ rõ",
    ReasonCode.PERSON_MUST_COMPARE: "Giám thị phải so ảnh bằng mắt",
    ReasonCode.NO_SECOND_COPY: "Lúc đó chưa có bản thứ hai",
    ReasonCode.CARD_REMOVED: "Thẻ bị nhấc ra khi đang đọc",
    ReasonCode.CHIP_UNREADABLE: "Không đọc được chip",
    ReasonCode.WRONG_ACCESS_NUMBER: "Sáu số không mở được thẻ",
    ReasonCode.READER_FAULT: "Đầu đọc thẻ không trả lời",
    ReasonCode.WRONG_ROOM: "Thí sinh thuộc phòng khác",
    ReasonCode.NOT_ON_LIST: "Không có trong danh sách ca thi",
    ReasonCode.ALREADY_SEATED: "Thí sinh này đã vào chỗ",
    ReasonCode.CHIP_ALTERED: "Dữ liệu trong chip đã bị sửa",
    ReasonCode.ISSUER_UNKNOWN: "Không rõ nơi cấp thẻ",
    ReasonCode.SIGNER_EXPIRED: "Chứng thư ký thẻ đã hết hạn",
    ReasonCode.SIGNER_REVOKED: "Chứng thư ký thẻ đã bị thu hồi",
    ReasonCode.CHIP_CLONE_SUSPECTED: "Nghi chip bị sao chép",
    ReasonCode.CHIP_INCONSISTENT: "Dữ liệu trong chip mâu thuẫn",
    ReasonCode.CHANNEL_BROKEN: "Kênh đọc chip bị can thiệp",
    ReasonCode.EXPIRED_CARD_REFUSED: "Thẻ hết hạn, quy chế không cho",
    ReasonCode.NOT_STORED: "Máy phòng không lưu được",
}

QUARANTINE: dict[QuarantineReason, str] = {
    QuarantineReason.UNREADABLE: "Không đọc được",
    QuarantineReason.UNKNOWN_TOPIC: "Sai kênh gửi",
    QuarantineReason.UNKNOWN_BOX: "Máy chưa đăng ký",
    QuarantineReason.BOX_REVOKED: "Máy đã bị thu hồi",
    QuarantineReason.WRONG_SHARD: "Sai nhánh",
    QuarantineReason.WRONG_IDENTITY: "Nhân danh máy khác",
    QuarantineReason.OTHER_ROOM: "Nói về phòng khác",
    QuarantineReason.SIGNATURE_INVALID: "Chữ ký sai",
    QuarantineReason.FORK: "Chuỗi sự kiện rẽ nhánh",
    QuarantineReason.STALE_EPOCH: "Chuỗi đã đóng",
    QuarantineReason.CENTRAL_FAULT: "Trung tâm gặp lỗi",
    QuarantineReason.EVIDENCE_UNREADABLE: "Không mở được bằng chứng",
    QuarantineReason.EVIDENCE_ALTERED: "Bằng chứng bị đổi",
    QuarantineReason.CHALLENGE_FALSE: "Mã thử chip không phải của trung tâm hoặc đã dùng",
    QuarantineReason.EVIDENCE_MISSING: "Thiếu bằng chứng",
    QuarantineReason.TOO_LARGE: "Quá lớn",
}

_TABLES: tuple[dict[str, str], ...] = tuple(
    {str(code): word for code, word in table.items()}
    for table in (ROLES, STATES, LIGHTS, KINDS, JUDGED, FACES, CHIPS, REASONS, QUARANTINE)
)


def every_word() -> tuple[str, ...]:
    """All words of all tables, for the catalogue's check."""
    tables = (
        *_TABLES,
        *place_words.TABLES.values(),
        *fleet_words.TABLES.values(),
        *box_words.TABLES.values(),
        *principal_words.TABLES.values(),
        *equipment_words.TABLES.values(),
    )
    return tuple(word for table in tables for word in table.values())
