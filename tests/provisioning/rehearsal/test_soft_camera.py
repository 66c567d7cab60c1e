"""The rehearsal's camera: a program of its own that speaks HTTP."""

import http.client
import io
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from provisioning.rehearsal.live_scenes import compose_scene, vary
from provisioning.rehearsal.soft_camera import NOBODY, TWO_PEOPLE, SoftCamera, UnknownSceneError

FACES = {"an": Image.new("RGB", (64, 64), (200, 20, 20)), "binh": Image.new("RGB", (64, 64), (20, 20, 200))}


@pytest.fixture
def camera(free_port: int) -> Iterator[SoftCamera]:
    camera = SoftCamera(FACES, port=free_port)
    camera.start()
    yield camera
    camera.stop()


@pytest.fixture
def line(camera: SoftCamera) -> Iterator[http.client.HTTPConnection]:
    line = http.client.HTTPConnection(camera.stream_address.split("/")[2], timeout=30)
    yield line
    line.close()


def next_part(response: http.client.HTTPResponse) -> bytes:
    headers = http.client.parse_headers(response) if response.readline() == b"--frame\r\n" else None
    assert headers is not None
    content = response.read(int(headers["Content-Length"]))
    assert response.readline() == b"\r\n"
    return content


def pixels_of(jpeg: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    with Image.open(io.BytesIO(jpeg)) as picture:
        return np.asarray(picture, dtype=np.int16)


def test_the_stream_is_never_the_same_picture_twice(line: http.client.HTTPConnection) -> None:
    line.request("GET", "/stream")
    response = line.getresponse()
    assert response.headers["Content-Type"].startswith("multipart/x-mixed-replace")
    parts = [next_part(response) for _ in range(4)]
    assert len(set(parts)) == 4
    assert all(pixels_of(part).shape == (480, 640, 3) for part in parts)


def middle_of(camera: SoftCamera, across: int) -> str:
    number, _ = camera.next_jpeg(0) or (0, b"")
    _, jpeg = camera.next_jpeg(number + 1) or (0, b"")
    red, _, blue = pixels_of(jpeg)[300:340, across - 20 : across + 20].reshape(-1, 3).mean(axis=0)
    return "an" if red > blue + 60 else "binh" if blue > red + 60 else "wall"


def test_scenes_can_be_switched_while_it_films(camera: SoftCamera) -> None:
    seen = []
    for scene in (NOBODY, "person:an", "person:binh", TWO_PEOPLE):
        camera.set_scene(scene)
        seen.append((middle_of(camera, 160), middle_of(camera, 320), middle_of(camera, 480)))
    assert [middle for _, middle, _ in seen[:3]] == ["wall", "an", "binh"]
    assert (seen[3][0], seen[3][2]) == ("an", "binh")


@pytest.mark.parametrize("scene", ["", "person:", "person:nobody-we-know", "person:../an", "crowd"])
def test_an_unknown_scene_is_refused_and_the_old_one_stays(camera: SoftCamera, scene: str) -> None:
    camera.set_scene("person:an")
    with pytest.raises(UnknownSceneError):
        camera.set_scene(scene)
    assert middle_of(camera, 320) == "an"


def status_of(line: http.client.HTTPConnection, method: str, path: str, body: str | None = None) -> int:
    line.request(method, path, body)
    response = line.getresponse()
    response.read()
    return response.status


def test_another_program_can_switch_the_scene(camera: SoftCamera, line: http.client.HTTPConnection) -> None:
    assert status_of(line, "PUT", "/scene", "person:binh") == 204
    assert middle_of(camera, 320) == "binh"
    assert status_of(line, "PUT", "/scene", "crowd") == 422
    assert status_of(line, "PUT", "/scene", "x" * 65) == 404
    assert status_of(line, "GET", "/elsewhere") == 404


def test_it_can_be_stopped_and_started_again_on_the_same_port(camera: SoftCamera) -> None:
    address = camera.stream_address
    camera.stop()
    camera.start()
    assert camera.stream_address == address


def test_a_scene_sways_and_says_that_it_is_a_rehearsal() -> None:
    chance = np.random.default_rng(1)
    scene = compose_scene([FACES["an"]])
    one, other = (vary(scene, chance).astype(np.int16) for _ in range(2))
    assert np.abs(one[:450] - other[:450]).mean() > 1.0
    assert (one[450:] == other[450:]).all()
    assert one[450:].std() > 10
