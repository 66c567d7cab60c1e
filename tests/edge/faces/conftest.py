"""Fixtures of the face room: the real matcher, when its weights are installed."""

import pytest

from edge.faces.sface_matcher import SfaceMatcher, load_sface_matcher
from models.face_profile import FaceProfile, shipped_face_profile
from models.face_weights import WEIGHTS_DIRECTORY, WeightsMissingError, load_face_weights


@pytest.fixture(scope="session")
def sface_matcher() -> SfaceMatcher:
    try:
        return load_sface_matcher(load_face_weights(WEIGHTS_DIRECTORY))
    except WeightsMissingError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def shipped_profile() -> FaceProfile:
    return shipped_face_profile("sface")
