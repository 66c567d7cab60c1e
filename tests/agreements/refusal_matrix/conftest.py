"""The desk of the refusal matrix: one pcscd and one card on it for each file of tests."""

from collections.abc import Iterator

import pytest

from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.test_pki import open_issuers
from tests.builders.cards import NOW, some_person
from tests.builders.needed_programs import need
from tests.builders.private_pcscd import PrivatePcscd, pcscd_is_installed
from tests.builders.refusal_desk import RefusalDesk
from tests.conftest import take_port_pair


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(
        issuers=open_issuers(tmp_path_factory.mktemp("issuers"), NOW),
        person=some_person(),
        portrait=silhouette(),
        other_portrait=silhouette(30),
        now=NOW,
    )


@pytest.fixture(scope="module")
def desk(workshop: Workshop) -> Iterator[RefusalDesk]:
    need("pcscd with vsmartcard-vpcd", pcscd_is_installed())
    with PrivatePcscd(take_port_pair()).serving() as pcscd:
        desk = RefusalDesk(pcscd, workshop.genuine())
        desk.lay()
        yield desk
        desk.release.set()
        desk.take()
