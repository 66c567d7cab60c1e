"""The first three digits of citizen numbers: the OLD table of provinces, as it stood before 1 July 2025.

Not here: the new table of 34 provinces, which addresses and offices use and citizen numbers never do.
"""

OLD_PROVINCES = {
    "001": "Hà Nội",
    "002": "Hà Giang",
    "008": "Tuyên Quang",
    "010": "Lào Cai",
    "014": "Sơn La",
    "022": "Quảng Ninh",
    "031": "Hải Phòng",
    "033": "Hưng Yên",
    "040": "Nghệ An",
    "045": "Quảng Trị",
    "066": "Đắk Lắk",
    "079": "TP Hồ Chí Minh",
}
"""Those provinces where rehearsal people come from; TT 07/2016/TT-BCA, annex I."""
