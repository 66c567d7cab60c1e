"""The rehearsal panel's page and its few errands, on the loopback address only.

No cookies and no sign-in: whoever sits at this machine may press. Other pages in the same browser may not, which is
what the origin check is for. Not here: any part of the box.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import Body, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from starlette.middleware.trustedhost import TrustedHostMiddleware

from models.errors import ClassroomError
from models.identifiers import CandidateNumber
from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.stage.scenes import SCENES, VARIANT_TITLES, SceneName
from provisioning.rehearsal.stage.stage import Stage, StageRefusal

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""No Strict-Transport-Security: browsers ignore it on plain HTTP, and the loopback address has nothing else."""

_SENTENCES = {
    StageRefusal.NOBODY_LEFT: (
        "Đã diễn hết thí sinh của phòng. Bấm “Diễn lại từ đầu”.",
        "Every candidate of the room has been played. Press “Start again”.",
    ),
    StageRefusal.NOBODY_SEATED_YET: (
        "Chưa có ai vào chỗ. Hãy bấm “Thí sinh hợp lệ” trước.",
        "Nobody is seated yet. Press “Good candidate” first.",
    ),
    StageRefusal.UNKNOWN_CANDIDATE: (
        "Không có thí sinh này. Hãy tải lại trang.",
        "No such candidate. Reload the page.",
    ),
    StageRefusal.UNKNOWN_FACE: ("Không có khuôn mặt này. Hãy tải lại trang.", "No such face. Reload the page."),
}


def build_application(stage: Stage) -> FastAPI:
    """The panel for one stage, ready for a server; nothing runs yet."""
    application = FastAPI(title="Rehearsal panel", docs_url=None, redoc_url=None, openapi_url=None)
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"])
    application.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")
    templates = Jinja2Templates(directory=_HERE / "templates")

    @application.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call_next(request) if _may_pass(request) else Response(status_code=403)
        response.headers.update(_HEADERS)
        return response

    @application.exception_handler(ClassroomError)
    def could_not(_request: Request, error: ClassroomError) -> Response:
        return _json({"vi": f"Không làm được: {error}", "en": str(error)}, status=503)

    @application.get("/")
    def page(request: Request) -> Response:
        return templates.TemplateResponse(
            request, "stage.html", {"scenes": SCENES, "variants": VARIANT_TITLES, "stage": stage}
        )

    @application.get("/state")
    def state() -> Response:
        return _json(stage.state())

    @application.post("/scenes")
    def play(scene: Annotated[SceneName, Body(embed=True)]) -> Response:
        return _outcome(stage, stage.play(scene))

    @application.post("/lay")
    def lay(
        candidate_number: Annotated[str, Body()],
        variant: Annotated[CardVariant, Body()],
        camera: Annotated[str, Body()],
    ) -> Response:
        return _outcome(stage, stage.lay(CandidateNumber(candidate_number), variant, camera))

    @application.post("/take-away")
    def take_away() -> Response:
        stage.take_away()
        return _json(stage.state())

    @application.post("/start-again")
    def start_again() -> Response:
        stage.start_again()
        return _json(stage.state())

    return application


def _may_pass(request: Request) -> bool:
    """Reading is free; pressing needs JSON from this very page."""
    if request.method in ("GET", "HEAD"):
        return True
    headers = request.headers
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return headers.get("origin") == f"{request.url.scheme}://{headers.get('host')}"


def _outcome(stage: Stage, refusal: StageRefusal | None) -> Response:
    if refusal is None:
        return _json(stage.state())
    vietnamese, english = _SENTENCES[refusal]
    return _json({"reason": refusal, "vi": vietnamese, "en": english}, status=409)


def _json(content: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(content), status_code=status, media_type="application/json")
