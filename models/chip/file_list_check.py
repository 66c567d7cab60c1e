"""Whether EF.COM, which nobody signs, lists what the signed security object lists (ICAO Doc 9303-10 section 4.6).

For the inspection of a card at a desk with time; a check-in does not read EF.COM.
"""

from models.chip.case import Finding, failed, passed
from models.chip.file_list import FileList
from models.chip.security_object import SecurityObject
from models.chip.verdict import ChipVerdict


def judge_file_list(file_list: FileList, security_object: SecurityObject) -> Finding:
    """`INCONSISTENT` when the two lists differ, or the LDS versions where the security object names one."""
    name = "list of data groups"
    odd = sorted(file_list.groups ^ security_object.digests.keys())
    if odd:
        groups = ", ".join(str(number) for number in odd)
        detail = f"EF.COM and the security object do not both list data group {groups}."
        return failed(name, ChipVerdict.INCONSISTENT, detail)
    version = security_object.named_version
    if version is not None and (version.lds, version.unicode) != (file_list.lds_version, file_list.unicode_version):
        detail = "EF.COM and the security object name different versions of the data structure."
        return failed(name, ChipVerdict.INCONSISTENT, detail)
    return passed(name, "EF.COM and the security object list the same data groups.")
