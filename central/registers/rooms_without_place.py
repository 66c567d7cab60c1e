"""Room codes that boxes, the authority's records or rosters use and that no place names: the province's alone.

A school that could enter such a code would get the box, its orders and the candidates' names with it. Whose a room is
decides the place register, never the school that stands in the authority's record. Not here: entering rooms.
"""

from sqlalchemy import Connection, select, union

from central.registers.box_records import box_records
from central.registers.box_register import boxes
from central.registers.place_register import rooms
from central.registers.roster_register import sitting_rooms
from models.identifiers import RoomId


def rooms_without_place(connection: Connection) -> frozenset[RoomId]:
    """All of them, of boxes that were taken out and of past sittings too."""
    used = union(*(select(table.c.room_id) for table in (boxes, box_records, sitting_rooms))).subquery()
    unplaced = select(used.c.room_id).where(used.c.room_id.not_in(select(rooms.c.room_id)))
    return frozenset(RoomId(code) for code in connection.execute(unplaced).scalars())
