"""The pages' own words, Vietnamese first; what the desk says stands in `edge.exam_desk.announcements`.

Templates print the Vietnamese, the page fetches the whole catalogue and can switch to English and back.
"""

from edge.exam_desk.announcements import Words

PAGE_WORDS: dict[str, Words] = {
    # sign-in
    "title": Words("Bàn điểm danh phòng thi", "Exam room check-in"),
    "door_code": Words("Mã phòng thi", "Door code"),
    "door_code_where": Words("In trên phiếu phân công coi thi của phòng này.", "Printed on this room's proctor sheet."),
    "sign_in": Words("Vào bàn điểm danh", "Open the desk"),
    "no_roster": Words("Chưa có danh sách phòng thi", "No roster yet"),
    "no_roster_next": Words(
        "Hộp đang chờ trung tâm gửi. Trang này tự mở khi có.",
        "The box waits for the centre. This page opens by itself.",
    ),
    "wrong_code": Words("Sai mã. Xem lại phiếu phân công.", "Wrong code. Look at the sheet again."),
    "too_many": Words("Thử quá nhiều lần. Đợi {n} giây.", "Too many tries. Wait {n} seconds."),
    "cannot_reach": Words("Không nối được với hộp.", "The box cannot be reached."),
    "sign_out": Words("Rời bàn điểm danh", "Leave the desk"),
    # top
    "present": Words("có mặt", "present"),
    "to_send": Words("chờ gửi", "to be sent"),
    "starts": Words("Giờ thi {t}", "Starts {t}"),
    "sound_on": Words("Tiếng: bật", "Sound on"),
    "sound_off": Words("Tiếng: tắt", "Sound off"),
    "sound_waits": Words("Chạm để bật tiếng", "Touch for sound"),
    "language": Words("English", "Tiếng Việt"),
    "help": Words("Hướng dẫn", "Guide"),
    # banners
    "offline": Words("Đang chạy ngoại tuyến – {n} lượt chờ gửi", "Working offline – {n} to be sent"),
    "alone": Words("{n} lượt chỉ có ở máy này", "{n} exist on this box alone"),
    "rehearsal": Words("DIỄN TẬP", "REHEARSAL"),
    "no_reader": Words("Không thấy đầu đọc thẻ. Cắm lại đầu đọc.", "No card reader. Plug it in again."),
    "storage": Words("Máy không lưu được. Ngừng xếp chỗ, gọi kỹ thuật viên.", "Cannot store. Stop seating, call IT."),
    "lost": Words("Mất kết nối với hộp từ lúc {t}", "No connection to the box since {t}"),
    "lost_next": Words("Màn hình có thể đã cũ. Kiểm tra dây nguồn và mạng.", "What you see may be old. Check power and net."),
    "since": Words("từ lúc {t}", "since {t}"),
    # stage
    "at": Words("lúc {t}", "at {t}"),
    "room": Words("Phòng", "Room"),
    "seat": Words("Chỗ", "Seat"),
    "candidate_number": Words("Số báo danh", "Candidate number"),
    "birth_date": Words("Ngày sinh", "Born"),
    "on_card": Words("Trên thẻ", "On the card"),
    "on_list": Words("Danh sách", "On the list"),
    "roster_picture": Words("Ảnh hồ sơ", "Roster photo"),
    "chip_picture": Words("Ảnh trong chip", "Chip picture"),
    "live_picture": Words("Người trước máy", "At the camera"),
    "no_roster_picture": Words("Hồ sơ không có ảnh", "No photo on the roster"),
    "no_chip_picture": Words("Chip chưa cho ảnh", "No picture from the chip"),
    "no_live_picture": Words("Chưa có ảnh máy quay", "No camera picture"),
    "right_room": Words("Mời thí sinh đến", "Send the candidate to"),
    "confirm": Words("Xếp chỗ", "Seat"),
    "decline": Words("Không xếp", "Decline"),
    "similarity": Words("Độ giống", "Similarity"),
    "false_match": Words("−log₁₀ nhận nhầm", "−log₁₀ false match"),
    "assurance": Words("Mức bảo đảm", "Assurance"),
    "six_digits": Words("6 số cuối của số định danh", "Last 6 digits of the citizen number"),
    "scan_not_understood": Words("Mã vừa quét không phải thẻ căn cước. Quét lại.", "Not a citizen card's code. Scan again."),
    "answer_first": Words("Trả lời trước: Enter xếp chỗ, Esc không.", "Answer first: Enter seats, Esc declines."),
    "not_taken": Words("Lệnh không còn đúng lúc. Xem lại màn hình.", "Too late for that. Look at the screen again."),
    # seat map
    "map": Words("Sơ đồ chỗ", "Seat map"),
    "map_hint": Words("Chọn chỗ chưa đến rồi Enter để gọi thí sinh", "Pick an expected seat, Enter calls the candidate"),
    "expected": Words("Chưa đến", "Expected"),
    "seated": Words("Có mặt", "Present"),
    "at_desk": Words("Đang xét", "At the desk"),
    "undecided": Words("Bỏ ngỏ", "Undecided"),
    "letter_expected": Words("", ""),
    "letter_seated": Words("C", "P"),
    "letter_at_desk": Words("Đ", "D"),
    "letter_undecided": Words("?", "?"),
    # guide
    "guide_title": Words("Ba bước cho mỗi thí sinh", "Three steps for each candidate"),
    "guide_1": Words(
        "Quét mã QR trên thẻ căn cước, hoặc gõ 6 số cuối của số định danh.",
        "Scan the QR code on the card, or type the last 6 digits of its number.",
    ),
    "guide_2": Words(
        "Đặt thẻ lên đầu đọc, giữ yên. Mời thí sinh nhìn vào máy ảnh.",
        "Lay the card on the reader and keep it still. The candidate looks at the camera.",
    ),
    "guide_3": Words(
        "Làm theo màu và hình: xanh mời vào chỗ, vàng tự so và quyết định, đỏ không cho vào.",
        "Follow colour and shape: green seat, amber look and decide, red do not seat.",
    ),
    "guide_keys": Words("Phím", "Keys"),
    "key_confirm": Words("xếp chỗ khi màn hình vàng hỏi", "seat when amber asks"),
    "key_decline": Words("không xếp; xoá số đang gõ", "decline; clear typed digits"),
    "key_digits": Words("gõ 6 số ở bất cứ đâu", "type six digits anywhere"),
    "key_map": Words("đi trong sơ đồ chỗ", "move in the seat map"),
    "key_mute": Words("bật, tắt tiếng", "sound on, off"),
    "key_language": Words("tiếng Việt, tiếng Anh", "Vietnamese, English"),
    "key_help": Words("trang này", "this page"),
    "close": Words("Đóng", "Close"),
}
