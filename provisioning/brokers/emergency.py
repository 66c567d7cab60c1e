"""What to do when the broker's revocation list has ended or is about to: words for people, no deeds.

Not here: noticing it (`keeper`), and installing a list that was carried (`provisioning broker install-list`).
"""

from typing import Final

STEPS: Final = """\
DANH SÁCH THU HỒI SẮP HẾT HẠN HOẶC ĐÃ HẾT HẠN · THE REVOCATION LIST ENDS SOON OR HAS ENDED

Điều gì xảy ra: khi danh sách hết hạn, máy chủ MQTT trung tâm từ chối MỌI hộp phòng. Việc điểm danh và kiểm tra thẻ tại
phòng vẫn chạy: hộp giữ mọi sự kiện và gửi lại sau. Không có gì bị mất. Đừng vội.
What happens: once the list has ended, the central broker refuses EVERY box. Check-in in the rooms goes on: the boxes
keep every event and send it later. Nothing is lost. There is no need to hurry.

1. Xem trạng thái · Look at the state:           python -m provisioning broker status --settings FILE
2. Máy cấp chứng thư có chạy không? Đồng hồ hai máy có đúng không? Bật lại; bộ giữ danh sách tự lấy bản mới sau 5 giây.
   Does the authority run? Are both clocks right? Start it; the keeper fetches a new list within 5 seconds.
3. Mạng giữa hai máy bị đứt: mang danh sách bằng USB (DIR/revocations.pem, có chữ ký). Tại máy cấp chứng thư, rồi ở đây:
   No network between the two: carry the signed list DIR/revocations.pem on a USB stick. At the authority, then here:
                                                 python -m provisioning authority export-lists --settings FILE DIR
                                                 python -m provisioning broker install-list --settings FILE --list PEM
4. Máy cấp chứng thư hỏng: phục hồi từ bản sao lưu trên máy khác, rồi làm bước 2 hoặc 3.
   The authority is broken: restore its backup on another machine, then step 2 or 3.
5. KHÔNG xóa dòng crlfile, KHÔNG tắt require_certificate: mọi hộp đã thu hồi sẽ vào lại được, và không ai thấy.
   Do NOT take the crlfile line out, do NOT switch require_certificate off: every revoked box gets in, unseen.
6. Sau đó · Afterwards:                          python -m provisioning broker check --settings FILE --certificates DIR
"""
