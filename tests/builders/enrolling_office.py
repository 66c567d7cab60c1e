"""A centre with two schools, its web application, and an authority behind it in the same process."""

from pathlib import Path

from central.authority_post import AuthorityPost
from central.database import Database
from central.http.passwords import Passwords
from central.registers import place_register, staff_accounts
from central.registers.place_register import School
from models.fleet import InstalledReport, Revocations
from models.staff import Role
from tests.builders.box_chain import BoxChain
from tests.builders.centre import EXAM, SITTING, Centre
from tests.builders.founded_authority import EnrolledBox, FoundedAuthority
from tests.builders.front_desk import PASSWORD, Reception
from tests.fakes.authority_at_hand import AuthorityAtHand

ROOMS = {"P101": "TRUONG-1", "P102": "TRUONG-1", "P201": "TRUONG-2"}


class EnrollingOffice:
    """`look` is the post's round; `enroll` a box that uses a code; `hello` its word over the broker."""

    def __init__(self, store: Database, folder: Path) -> None:
        self.centre = Centre(store)
        self.centre.seat()
        enter_places(store, self.centre)
        self.house = FoundedAuthority(folder, self.centre.clock)
        self.authority = AuthorityAtHand(self.house)
        self.reception = Reception(self.centre, self.authority)
        self.post = AuthorityPost(
            office=self.authority,
            database=store,
            live_feed=self.centre.live_feed,
            news=self.reception.news,
            clock=self.centre.clock,
            hear_again=lambda topic, payload: self.centre.ingest.take([(topic, payload)]),
            health=self.reception.authority_health,
        )

    def look(self) -> None:
        self.post.look()

    def enroll(self, code: str, machine: str = "") -> EnrolledBox:
        board = self.house.board(machine)
        answer = self.house.ask(board, code)
        return EnrolledBox(self.house, board, answer)  # type: ignore[arg-type]  # a refusal fails the test at once

    def hello(self, enrolled: EnrolledBox, room: str) -> None:
        box = BoxChain(enrolled.box_id, room, EXAM, SITTING, self.centre.clock.now())
        box.key = enrolled.board.chain_key
        self.centre.say(box, box.hello())

    def enrolled(self, room: str) -> EnrolledBox:
        """A box that stands in its room and has spoken."""
        enrolled = self.house.enrolled(room)
        self.look()
        self.hello(enrolled, room)
        return enrolled

    def keeper_installs(self) -> None:
        """The broker's keeper takes the newest revocation list."""
        authority, keeper = self.house.authority, self.house.keeper
        newest = authority.revocations(keeper)
        assert isinstance(newest, Revocations)
        report = InstalledReport(number=newest.number, next_update=newest.next_update, kicked=newest.boxes)
        authority.note_installed(keeper, report)

    def give_password(self, role: Role, school: str | None = None) -> None:
        """The account of that role (of that school) gets `PASSWORD`."""
        login = f"{role.value}-{school.lower()}" if school else role.value
        account = self.reception.account(role, login, school=school)
        with self.centre.database.writing() as connection:
            staff_accounts.set_password(connection, account.id, Passwords().hash(PASSWORD))

    def deeds(self) -> list[tuple[object, ...]]:
        """(actor, action, subject, details) of people, without what was copied from the authority."""
        rows = self.centre.rows("audit_log", "id, actor, action, subject, details")
        return [row[1:] for row in rows if not str(row[2]).startswith("authority: ")]


def enter_places(store: Database, centre: Centre) -> None:
    """Two schools and their rooms."""
    now = centre.clock.now()
    with store.writing() as connection:
        for school, name in (("TRUONG-1", "Trường THPT Số Một"), ("TRUONG-2", "Trường THPT Số Hai")):
            place_register.add_or_change_school(
                connection, School(school_id=school, school_name=name, commune="Xã Ba Vì"), now
            )
        for room, school in ROOMS.items():
            place_register.add_or_change_room(
                connection, room_id=room, school_id=school, room_name=f"Phòng {room[1:]}", is_smart=False, at=now
            )
