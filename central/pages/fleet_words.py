"""Words for enrolling and for the fleet's checks: states, grades, checks and what to do, in Vietnamese.

English stands in `english.po`. The codes are those of `models.enrollment`, `central.fleet_checks` and
`central.it_office.arrivals`; a test holds both sides together.
"""

BOX_STATES: dict[str, str] = {
    "expected": "Đã cấp mã",
    "certified": "Đã có chứng thư",
    "enrolled": "Đã vào hệ thống",
    "revoked": "Đã thu hồi",
}

GRADES: dict[str, str] = {
    "A": "Khóa trong chip, máy khởi động có khóa",
    "B": "Khóa trong chip hoặc đĩa mã hóa",
    "C": "Khóa là tệp trên đĩa thường",
}

ARRIVALS: dict[str, str] = {
    "waiting": "Đã cấp mã, chờ máy",
    "certified": "Đã có chứng thư, chờ tin đầu",
    "mute": "Có chứng thư mà chưa lên tiếng",
    "heard": "Đã lên tiếng",
    "late": "Mã quá hạn, chưa dùng",
    "void": "Đã cấp mã khác thay",
    "refused": "Không được cấp mã",
    "taken out": "Đã thu hồi",
}

SEVERITIES: dict[str, str] = {
    "grave": "Làm ngay",
    "warning": "Cần làm",
    "note": "Nên biết",
    "fine": "Ổn",
    "not checked": "Chưa kiểm",
}

CHECKS: dict[str, str] = {
    "shared certificate": "Hai máy dùng chung một chứng thư",
    "clashing names": "Hai máy tranh nhau một tên",
    "revoked still active": "Chứng thư đã thu hồi vẫn còn dùng",
    "certificate expiring": "Chứng thư của máy sắp hết hạn",
    "authority expiring": "Chứng thư của nơi cấp sắp hết hạn",
    "key quality": "Khóa của máy được giữ kém",
    "certificate age": "Chứng thư quá ngày gia hạn",
    "rights too wide": "Quyền trên máy chuyển tin",
    "logging off": "Máy hoặc nơi cấp không gửi nhật ký",
    "revocation list ending": "Danh sách thu hồi sắp hết hạn",
    "exam not covered": "Chứng thư hết hạn trước khi thi xong",
    "clock below floor": "Đồng hồ của máy chạy lùi",
    "silent": "Máy im lặng",
    "program certificate expiring": "Chứng thư của các máy chủ sắp hết hạn",
    "foreign filter": "Đòi nghe việc của máy khác",
}

ADVICE: dict[str, str] = {
    "shared certificate": "Tìm máy lạ đang dùng chứng thư này. Thu hồi và thay máy nếu không giải thích được.",
    "clashing names": "Rút mạng từng máy để tìm máy trùng tên. Nếu chỉ là đường mạng chập chờn, sửa đường mạng.",
    "revoked still active": "Xem máy chuyển tin có chạy và bộ giữ danh sách có báo không. Chặn máy này ở mạng trường.",
    "certificate expiring": "Bật máy và nối mạng; máy tự gia hạn. Nếu vẫn còn đây sau một giờ, cấp mã và thay máy.",
    "authority expiring": "Cấp lại chứng thư của nơi cấp từ khóa gốc trước ngày này, nếu không mọi máy sẽ bị từ chối.",
    "key quality": "Khi thay máy, chọn máy có TPM hoặc thẻ khóa. Máy hạng C không nên dùng cho phòng thi.",
    "certificate age": "Máy không tự gia hạn được. Xem máy có bật, có mạng và đồng hồ có đúng không.",
    "rights too wide": "Chạy trên máy chủ: python -m provisioning broker check",
    "logging off": "Xem dịch vụ trên máy có chạy không; cài lại phần mềm nếu máy vẫn không gửi.",
    "revocation list ending": "Xem nơi cấp và bộ giữ danh sách có chạy không. Hết hạn là mọi máy mất kết nối.",
    "exam not covered": "Nối mạng cho máy trước ngày thi để nhận chứng thư thi; nếu không được, thay máy.",
    "clock below floor": "Nối mạng cho máy để chỉnh giờ. Máy không mở ca thi khi giờ còn sai.",
    "silent": "Xem máy có điện và có mạng không; gọi trường.",
    "program certificate expiring": "Cấp lại ở nơi cấp (authority issue-...) và chép sang máy chủ trước ngày này.",
    "foreign filter": "Máy chủ không giao gì. Xem máy này: phần mềm lạ, hoặc khóa đã lộ; nếu không rõ, thu hồi.",
}

TABLES: dict[str, dict[str, str]] = {
    "box_state": BOX_STATES,
    "grade": GRADES,
    "arrival": ARRIVALS,
    "severity": SEVERITIES,
    "check": CHECKS,
    "advice": ADVICE,
}
