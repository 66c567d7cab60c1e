"""One room, one host name: no two rooms share one, none takes another server's, and every one can be certified."""

import re
from pathlib import Path

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from models.enrollment import RoomCertificateRequest
from models.errors import SettingsError
from provisioning.authority.room_hosts import RoomHostError, check_template, host_of
from provisioning.authority.settings import read_settings
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import SETTINGS, FoundedAuthority, granted, new_key

TEMPLATE = "room-{room}.local"
ROOMS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", fullmatch=True)
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def test_a_code_in_small_letters_is_its_own_name() -> None:
    assert host_of(TEMPLATE, "a-101", frozenset()) == "room-a-101.local"


def test_codes_that_only_capitals_or_dashes_tell_apart_have_names_of_their_own() -> None:
    rooms = ("A-101", "a-101", "A_101", "a_101", "a--101", "a-101-")
    assert len({host_of(TEMPLATE, room_id, frozenset()) for room_id in rooms}) == len(rooms)


def test_a_room_named_like_anothers_host_gets_another_name() -> None:
    taken = host_of(TEMPLATE, "A-101", frozenset())
    copy = taken.removeprefix("room-").removesuffix(".local")
    assert host_of(TEMPLATE, copy, frozenset()) != taken


@given(st.lists(ROOMS, min_size=1, max_size=8, unique=True))
def test_every_code_has_a_host_name_that_dns_takes_and_no_other_room_has(rooms: list[str]) -> None:
    hosts = [host_of(TEMPLATE, room_id, frozenset()) for room_id in rooms]
    assert len(set(hosts)) == len(rooms)
    assert all(LABEL.fullmatch(label) for host in hosts for label in host.split("."))


@pytest.mark.parametrize("room_id", ["A-101", "T" * 63, "a" * 58, "a" * 59, "x-_"])
def test_every_room_is_certified_however_long_its_code(house: FoundedAuthority, room_id: str) -> None:
    box = house.enrolled(room_id)
    request = RoomCertificateRequest(csr=certificate_request(new_key()))
    certificate = x509.load_pem_x509_certificate(granted(house.authority.certify_room_broker(box.caller, request)))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [house.settings.room_host(room_id)]
    assert "CN=room broker" in certificate.subject.rfc4514_string()


@pytest.mark.parametrize(
    "template", ["{room}.test", "authority.test", "BROKER.test", "localhost", "{room}", "a{room}b{room}.test", "-.test"]
)
def test_a_template_that_could_name_another_server_is_refused(tmp_path: Path, template: str) -> None:
    words = SETTINGS.replace("rehearsal = true", "") + f'[room_broker]\nhost = "{template}"\n'
    (tmp_path / "authority.toml").write_text(words, "utf-8")
    with pytest.raises(SettingsError, match=r"room_broker\.host"):
        read_settings(tmp_path / "authority.toml")


def test_no_room_is_given_the_name_of_another_server() -> None:
    with pytest.raises(RoomHostError, match="another server"):
        host_of("{room}.test", "authority", frozenset({"Authority.test"}))
    check_template(TEMPLATE, frozenset({"authority.test", "room-server.edu.vn"}))
