"""Which school a page of figures is about: the visitor's own, or the one that the province's staff chose.

Not here: the page on which they choose (`morning_pages`).
"""

from typing import Annotated

from fastapi import Query
from sqlalchemy import Connection

from central.http.problem_responses import Refusal
from central.http.visitors import Visitor
from central.registers import place_register
from central.registers.place_register import School

SchoolCode = Annotated[str, Query(max_length=63)]


def chosen_school(connection: Connection, visitor: Visitor, asked: str) -> School | None:
    """The school, None when the province's staff chose none. A school that is not there, or not theirs, is a 404."""
    wanted = visitor.school_id or asked
    if not wanted:
        return None
    school = place_register.find_school(connection, wanted, visitor.school_id)
    if school is None:
        raise Refusal(404, "NOT_HERE", "There is no such school.")
    return school
