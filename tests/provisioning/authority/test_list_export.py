"""The signed lists on a stick are those that broker and boxes would have fetched."""

from pathlib import Path

import pytest

from models.enrollment import BoxState
from models.fleet import Revocations
from models.wire.trust_list import SignedTrustList, from_file
from provisioning.authority.list_export import NoSuchSchoolError, export_lists
from tests.builders.founded_authority import FoundedAuthority


def test_the_lists_are_written_as_they_are_served_while_the_authority_runs(
    house: FoundedAuthority, tmp_path: Path
) -> None:
    box = house.enrolled("A-101")
    house.revoke(house.enrolled("A-102").box_id)
    stick = tmp_path / "stick"
    written = export_lists(house.settings, house.clock, stick, None)
    assert written == [stick / "revocations.pem", stick / "TRUONG-1" / "trust-list.json"]
    served = house.authority.revocations(house.keeper)
    assert isinstance(served, Revocations)
    assert written[0].read_bytes() == served.crl
    listed = house.authority.trust_list(box.caller)
    assert isinstance(listed, SignedTrustList)
    assert from_file(written[1].read_bytes()) == listed
    assert house.record(box.box_id).state is BoxState.ENROLLED


def test_one_schools_list_lies_where_its_boxes_look_for_it(house: FoundedAuthority, tmp_path: Path) -> None:
    house.enrolled("A-101")
    written = export_lists(house.settings, house.clock, tmp_path, "TRUONG-1")
    assert [path.relative_to(tmp_path).as_posix() for path in written] == ["revocations.pem", "trust-list.json"]
    with pytest.raises(NoSuchSchoolError, match="TRUONG-9"):
        export_lists(house.settings, house.clock, tmp_path, "TRUONG-9")
