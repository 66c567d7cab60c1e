"""What the desk says to people: a word, a reason and what to do next, Vietnamese first, English second.

Each reason code has exactly one announcement, of at most twelve words, in plain language. Codes are the contract;
these sentences may be improved at any time.
"""

from dataclasses import dataclass

from edge.exam_desk.steps import Step
from models.admission import Light, ReasonCode
from models.evidence import QualityCode


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in both languages."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """Why, and what to do next."""

    reason: Words
    next_step: Words


LIGHT_WORDS = {
    Light.GREEN: Words("ĐẠT", "ADMITTED"),
    Light.AMBER: Words("CẦN XEM", "PLEASE CHECK"),
    Light.RED: Words("KHÔNG ĐƯỢC", "STOP"),
}

_ASK = Words("Nhấn Enter để xếp chỗ, Esc để không.", "Press Enter to seat, Esc to decline.")
_CALL = Words("Mời thí sinh sang bên, báo Trưởng Điểm thi.", "Ask the candidate aside, call the head of site.")
_PAPER = Words("Đối chiếu giấy tờ, báo Trưởng Điểm thi.", "Check papers by eye, call the head of site.")

ANNOUNCEMENTS: dict[ReasonCode, Announcement] = {
    ReasonCode.ADMITTED: Announcement(
        reason=Words("Đúng người, đúng phòng.", "Right person, right room."),
        next_step=Words("Mời thí sinh vào chỗ.", "Show the candidate to the seat."),
    ),
    ReasonCode.NO_ANCHOR_INSTALLED: Announcement(
        reason=Words("Chưa có chứng thư gốc để kiểm tra thẻ.", "No root certificate installed to check this card."),
        next_step=Words("Xem thẻ bằng mắt; Enter để xếp chỗ.", "Check the card by eye; Enter to seat."),
    ),
    ReasonCode.CHIP_NOT_PROVEN: Announcement(
        reason=Words("Chip không chứng minh được là bản gốc.", "The chip cannot prove that it is no copy."),
        next_step=Words("Xem thẻ bằng mắt; Enter để xếp chỗ.", "Check the card by eye; Enter to seat."),
    ),
    ReasonCode.REVOCATION_UNKNOWN: Announcement(
        reason=Words("Danh sách chứng thư thu hồi đã cũ.", "The list of revoked signers is out of date."),
        next_step=Words("Xem thẻ bằng mắt; Enter để xếp chỗ.", "Check the card by eye; Enter to seat."),
    ),
    ReasonCode.CARD_EXPIRED: Announcement(
        reason=Words("Thẻ đã hết hạn.", "The card has expired."),
        next_step=_ASK,
    ),
    ReasonCode.NAME_DIFFERS: Announcement(
        reason=Words("Tên trên thẻ khác danh sách.", "The name on the card differs from the list."),
        next_step=Words("So hai tên; Enter để xếp chỗ.", "Compare both names; Enter to seat."),
    ),
    ReasonCode.BIRTH_DATE_DIFFERS: Announcement(
        reason=Words("Ngày sinh trên thẻ khác danh sách.", "The birth date on the card differs from the list."),
        next_step=Words("So ngày sinh; Enter để xếp chỗ.", "Compare the dates; Enter to seat."),
    ),
    ReasonCode.FACE_UNSURE: Announcement(
        reason=Words("Máy chưa chắc là cùng một người.", "The comparison is not sure."),
        next_step=Words("So hai ảnh; Enter nếu đúng người.", "Compare both pictures; Enter if it is the person."),
    ),
    ReasonCode.FACE_DIFFERENT: Announcement(
        reason=Words("Khuôn mặt khác ảnh trong chip.", "The face differs from the chip's picture."),
        next_step=Words("So hai ảnh; Enter nếu đúng, Esc nếu không.", "Compare; Enter if the same, Esc if not."),
    ),
    ReasonCode.NO_FACE: Announcement(
        reason=Words("Không thấy ai trước máy ảnh.", "Nobody is at the camera."),
        next_step=Words("So người với ảnh chip; Enter nếu đúng.", "Compare with the chip's picture; Enter if right."),
    ),
    ReasonCode.SEVERAL_FACES: Announcement(
        reason=Words("Có nhiều người trước máy ảnh.", "Several people are at the camera."),
        next_step=Words("So người với ảnh chip; Enter nếu đúng.", "Compare with the chip's picture; Enter if right."),
    ),
    ReasonCode.FACE_NOT_CLEAR: Announcement(
        reason=Words("Ảnh khuôn mặt chưa đủ rõ.", "The face could not be seen clearly."),
        next_step=Words("So người với ảnh chip; Enter nếu đúng.", "Compare with the chip's picture; Enter if right."),
    ),
    ReasonCode.PERSON_MUST_COMPARE: Announcement(
        reason=Words("Giám thị phải so ảnh bằng mắt.", "A proctor must compare the pictures."),
        next_step=Words("So người với ảnh chip; Enter nếu đúng.", "Compare with the chip's picture; Enter if right."),
    ),
    ReasonCode.NO_SECOND_COPY: Announcement(
        reason=Words("Đã lưu ở máy này, chưa có bản thứ hai.", "Stored on this box, no second copy yet."),
        next_step=Words("Mời vào chỗ và ghi thêm vào giấy.", "Seat the candidate and note it on paper too."),
    ),
    ReasonCode.CARD_REMOVED: Announcement(
        reason=Words("Thẻ bị nhấc ra khi đang đọc.", "The card was lifted while being read."),
        next_step=_PAPER,
    ),
    ReasonCode.CHIP_UNREADABLE: Announcement(
        reason=Words("Không đọc được chip.", "The chip cannot be read."),
        next_step=_PAPER,
    ),
    ReasonCode.WRONG_ACCESS_NUMBER: Announcement(
        reason=Words("Sáu số không khớp với thẻ này.", "The six digits do not open this card."),
        next_step=Words("Quét mã QR của chính thẻ này.", "Scan this very card's QR code."),
    ),
    ReasonCode.READER_FAULT: Announcement(
        reason=Words("Đầu đọc thẻ không trả lời.", "The card reader does not answer."),
        next_step=Words("Rút, cắm lại đầu đọc rồi đặt lại thẻ.", "Replug the reader, then lay the card again."),
    ),
    ReasonCode.WRONG_ROOM: Announcement(
        reason=Words("Thí sinh thuộc phòng khác.", "The candidate belongs to another room."),
        next_step=Words("Chỉ thí sinh đến phòng ghi bên dưới.", "Send the candidate to the room shown below."),
    ),
    ReasonCode.NOT_ON_LIST: Announcement(
        reason=Words("Không có tên trong danh sách ca thi.", "Not on this sitting's list."),
        next_step=_CALL,
    ),
    ReasonCode.ALREADY_SEATED: Announcement(
        reason=Words("Thí sinh này đã vào chỗ.", "This candidate is already seated."),
        next_step=Words("Xem sơ đồ chỗ; nghi ngờ thì báo Trưởng Điểm thi.", "Look at the seat map; if in doubt, call."),
    ),
    ReasonCode.CHIP_ALTERED: Announcement(
        reason=Words("Dữ liệu trong chip đã bị sửa.", "The chip's data were altered."),
        next_step=_CALL,
    ),
    ReasonCode.ISSUER_UNKNOWN: Announcement(
        reason=Words("Không rõ cơ quan nào cấp chip này.", "The chip's issuer is unknown."),
        next_step=_CALL,
    ),
    ReasonCode.SIGNER_EXPIRED: Announcement(
        reason=Words("Chứng thư ký chip không còn hiệu lực khi ký.", "The chip's signer was not valid when signing."),
        next_step=_CALL,
    ),
    ReasonCode.SIGNER_REVOKED: Announcement(
        reason=Words("Chứng thư ký chip đã bị thu hồi.", "The chip's signer was revoked."),
        next_step=_CALL,
    ),
    ReasonCode.CHIP_CLONE_SUSPECTED: Announcement(
        reason=Words("Nghi chip bị sao chép.", "The chip may be a copy."),
        next_step=_CALL,
    ),
    ReasonCode.CHIP_INCONSISTENT: Announcement(
        reason=Words("Dữ liệu trong chip mâu thuẫn nhau.", "The chip contradicts itself."),
        next_step=_CALL,
    ),
    ReasonCode.CHANNEL_BROKEN: Announcement(
        reason=Words("Thẻ trả lời sai quy tắc an toàn.", "The card broke the secure channel."),
        next_step=_CALL,
    ),
    ReasonCode.EXPIRED_CARD_REFUSED: Announcement(
        reason=Words("Thẻ đã hết hạn, kỳ thi này không nhận.", "The card has expired; this exam refuses it."),
        next_step=_CALL,
    ),
    ReasonCode.NOT_STORED: Announcement(
        reason=Words("Máy không lưu được. Ngừng xếp chỗ.", "This box cannot store. Stop seating."),
        next_step=Words("Ghi giấy, gọi kỹ thuật viên ngay.", "Write on paper, call IT at once."),
    ),
}

DECLINED = Announcement(
    reason=Words("Giám thị không xếp chỗ.", "The proctor did not seat the candidate."),
    next_step=_CALL,
)

DECLINED_WORD = Words("KHÔNG XẾP", "NOT SEATED")

CONFIRMED = Announcement(
    reason=Words("Giám thị đã xem và xếp chỗ.", "The proctor checked and seated the candidate."),
    next_step=Words("Mời thí sinh vào chỗ.", "Show the candidate to the seat."),
)

LAY_AGAIN = Words("Đặt lại thẻ và giữ yên.", "Lay the card again and keep it still.")
"""What to do next as long as a card that failed will be read once more."""

PROMPTS: dict[Step, Words] = {
    Step.CLOSED: Words("Chờ danh sách phòng thi từ trung tâm", "Waiting for the roster from the centre"),
    Step.WAITING: Words("Quét mã QR trên thẻ, rồi đặt thẻ lên đầu đọc", "Scan the card's QR code, then lay the card"),
    Step.WAITING_FOR_CODE: Words("Quét mã QR hoặc gõ 6 số cuối trên thẻ", "Scan the QR code or type its last 6 digits"),
    Step.WAITING_FOR_CARD: Words("Đặt thẻ lên đầu đọc", "Lay the card on the reader"),
    Step.READING: Words("Đang đọc chip, giữ yên thẻ", "Reading the chip, keep the card still"),
    Step.COMPARING: Words("Mời nhìn vào máy ảnh", "Please look at the camera"),
    Step.ASKING: Words("Giám thị quyết định", "The proctor decides"),
    Step.STORING: Words("Đang lưu", "Storing"),
    Step.AWAITING_COPY: Words("Đang chờ bản lưu thứ hai", "Waiting for the second copy"),
    Step.SHOWN: Words("Xong. Mời người tiếp theo", "Done. Next, please"),
    Step.STOPPED: Words("Ngừng: máy không lưu được", "Stopped: this box cannot store"),
}

OBSTACLE_WORDS: dict[QualityCode, Words] = {
    QualityCode.NO_FACE: Words("Không thấy khuôn mặt", "No face in sight"),
    QualityCode.SEVERAL_FACES: Words("Chỉ một người trước máy", "One person only, please"),
    QualityCode.TOO_FAR: Words("Lại gần hơn", "Come closer"),
    QualityCode.TOO_DARK: Words("Thiếu sáng", "Too dark"),
    QualityCode.TOO_BRIGHT: Words("Quá sáng", "Too bright"),
    QualityCode.BACKLIT: Words("Ngược sáng", "Light from behind"),
    QualityCode.UNEVEN_LIGHT: Words("Quay mặt về phía sáng", "Turn to the light"),
    QualityCode.TURNED_AWAY: Words("Nhìn thẳng", "Look straight"),
    QualityCode.BLURRED: Words("Giữ yên", "Keep still"),
    QualityCode.NO_PICTURE: Words("Máy ảnh không có hình", "The camera gives no picture"),
}
