"""The firmware of a school's or the province's devices: how many have which, and which are older than the newest.

Not here: what is counted (`it_office.firmware_inventory`), room boxes' own updates (`update_pages`).
"""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response, StreamingResponse

from central.http.device_pages import Form
from central.http.front_desk import FrontDesk
from central.http.problem_responses import Refusal
from central.http.school_choice import SchoolCode, chosen_school
from central.http.visitors import Visitor
from central.it_office.firmware_inventory import HEADER, FirmwareRow, export_rows, firmware_rows
from central.it_office.table_export import TooManyRowsError, csv_pieces, xlsx_file
from central.measuring import views
from central.measuring.firmware_said import firmware_of_devices
from central.registers import audit_log, device_search, place_register
from central.registers.device_search import Wanted
from central.registers.place_register import School
from models.staff import Permission

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Said = dict[str, tuple[str, datetime]]


def routes(desk: FrontDesk) -> APIRouter:
    """For who may see boxes."""
    router = APIRouter()
    onlooker = desk.visitors.with_permission(Permission.SEE_BOXES)

    @router.get("/firmware")
    def page(request: Request, visitor: Annotated[Visitor, Depends(onlooker)], school: SchoolCode = "") -> Response:
        chosen, rows, _, newest = _inventory(desk, visitor, school)
        return desk.pages.answer(
            request,
            "firmware.html",
            visitor=visitor,
            school=chosen,
            rows=rows,
            newest=newest,
            now=desk.clock.now(),
            health=desk.health,
        )

    @router.get("/exports/firmware")
    def export(
        visitor: Annotated[Visitor, Depends(onlooker)], school: SchoolCode = "", form: Form = Form.CSV
    ) -> Response:
        chosen, rows, said, _ = _inventory(desk, visitor, school)
        with desk.database.writing() as connection:
            audit_log.write(
                connection,
                at=desk.clock.now(),
                actor=visitor.account.login,
                action="firmware exported",
                subject="province" if chosen is None else chosen.school_id,
                form=form,
            )
        headers = {"Content-Disposition": f'attachment; filename="phan-mem-thiet-bi.{form}"'}
        table = export_rows(rows, said)
        if form is Form.CSV:
            return StreamingResponse(csv_pieces(HEADER, table), headers=headers, media_type="text/csv")
        try:
            return Response(xlsx_file("Phần mềm", HEADER, table), headers=headers, media_type=_XLSX)
        except TooManyRowsError as error:
            raise Refusal(422, "TOO_MANY_ROWS", str(error)) from None

    return router


def _inventory(
    desk: FrontDesk, visitor: Visitor, asked: str
) -> tuple[School | None, list[FirmwareRow], Said, datetime | None]:
    with desk.database.reading() as connection:
        school = chosen_school(connection, visitor, asked)
        rooms = None if school is None else list(place_register.school_of_rooms(connection, school.school_id))
    with desk.measurements.reading() as connection:
        said = firmware_of_devices(connection, rooms)
        newest = views.newest_word_at(connection, rooms)
    if not said:
        return school, [], said, newest
    with desk.database.reading() as connection:
        wanted = Wanted(school_id=None if school is None else school.school_id)
        rows = firmware_rows(device_search.every_device(connection, wanted, visitor.school_id), said)
    return school, rows, said, newest
