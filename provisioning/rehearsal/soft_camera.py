"""A camera without a device: a program of its own that serves a moving picture over HTTP, as network cameras do.

The stream is MJPEG (multipart/x-mixed-replace) on /stream, so that a box watches it over the real protocol. What stands
before the camera can be switched while it runs, from this process or with `PUT /scene`. For rehearsals, on 127.0.0.1
only. Not here: where the faces come from (`provisioning.rehearsal.demo_faces`).
"""

import argparse
import io
import re
import sys
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from models.errors import BadInputError
from provisioning.rehearsal.demo_faces import demo_portraits
from provisioning.rehearsal.live_scenes import Scene, compose_scene, vary

FRAMES_PER_SECOND = 12
NOBODY = "nobody"
TWO_PEOPLE = "two people"
_PERSON = re.compile(r"person:(?P<name>[a-z0-9-]{1,40})")
_LONGEST_SCENE_NAME = 64


class UnknownSceneError(BadInputError):
    """Nobody of that name can stand before this camera."""


class SoftCamera:
    """Serves the picture of one scene at a time. `faces` maps names to live pictures of that person (RGB)."""

    def __init__(self, faces: Mapping[str, Image.Image], host: str = "127.0.0.1", port: int = 0) -> None:
        self._faces = faces
        self._address = (host, port)
        self._turn = threading.Condition()
        self._jpeg = b""
        self._number = 0
        self._scene: Scene | None = None
        self._stopping = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self._threads: list[threading.Thread] = []

    @property
    def stream_address(self) -> str:
        """Where a box finds the stream; known after `start`."""
        host, port = self._server.server_address[:2] if self._server else self._address
        return f"http://{host!s}:{port}/stream"

    def start(self) -> None:
        """Opens the port and begins to film; nobody stands there yet unless a scene was set before."""
        if self._scene is None:
            self.set_scene(NOBODY)
        self._stopping.clear()
        self._server = _Server(self._address, self)
        self._threads = [
            threading.Thread(target=self._film, name="soft-camera-film", daemon=True),
            threading.Thread(target=self._server.serve_forever, args=(0.1,), name="soft-camera-http", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Closes the port and all streams."""
        self._stopping.set()
        with self._turn:
            self._turn.notify_all()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for thread in self._threads:
            thread.join()
        self._threads = []

    def set_scene(self, scene: str) -> None:
        """Puts somebody before the camera: `nobody`, `person:<name>` or `two people`. Raises UnknownSceneError."""
        self._scene = compose_scene(self._people_of(scene))

    def next_jpeg(self, after: int) -> tuple[int, bytes] | None:
        """The next picture with a higher number than `after`, as soon as it exists; None when the camera stops."""
        with self._turn:
            self._turn.wait_for(lambda: self._number > after or self._stopping.is_set())
            return None if self._stopping.is_set() else (self._number, self._jpeg)

    def _people_of(self, scene: str) -> list[Image.Image]:
        if scene == NOBODY:
            return []
        if scene == TWO_PEOPLE:
            return list(self._faces.values())[:2]
        person = _PERSON.fullmatch(scene)
        if person is None or person["name"] not in self._faces:
            raise UnknownSceneError(
                "This rehearsal camera knows 'nobody', 'two people' and 'person:NAME' of its faces."
            )
        return [self._faces[person["name"]]]

    def _film(self) -> None:
        chance = np.random.default_rng(7)
        while not self._stopping.wait(1 / FRAMES_PER_SECOND):
            scene = self._scene
            if scene is None:
                continue
            written = io.BytesIO()
            Image.fromarray(vary(scene, chance)).save(written, "JPEG", quality=85)
            with self._turn:
                self._jpeg = written.getvalue()
                self._number += 1
                self._turn.notify_all()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], camera: SoftCamera) -> None:
        super().__init__(address, _Visitor)
        self.camera = camera


class _Visitor(BaseHTTPRequestHandler):
    """One connection: a stream that goes on until somebody hangs up, or an order to change the scene."""

    def do_GET(self) -> None:
        if self.path != "/stream":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        number = 0
        while (picture := self._camera.next_jpeg(number)) is not None:
            number, jpeg = picture
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + jpeg + b"\r\n")
            except ConnectionError:
                return

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        if self.path != "/scene" or not 0 < length <= _LONGEST_SCENE_NAME:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        try:
            self._camera.set_scene(self.rfile.read(length).decode("ascii", "replace"))
        except UnknownSceneError as error:
            self.send_error(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))
            return
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Says nothing: a picture a second is no news."""

    @property
    def _camera(self) -> SoftCamera:
        return cast("_Server", self.server).camera


def main() -> int:
    """Serves the demo faces of a directory until the program is stopped; prints the stream's address."""
    parser = argparse.ArgumentParser(prog="python -m provisioning.rehearsal.soft_camera")
    parser.add_argument("--faces", type=Path, required=True, help="where the demo faces were installed")
    parser.add_argument("--port", type=int, default=0)
    args = parser.parse_args()
    faces = {name: person.live_picture() for name, person in demo_portraits(args.faces).items()}
    camera = SoftCamera(faces, port=args.port)
    camera.start()
    sys.stdout.write(f"{camera.stream_address}\n")
    sys.stdout.flush()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        camera.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
