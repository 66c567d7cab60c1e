"""Central's form and the boxes say the same of how long a rule waits for a lesson to end."""

from datetime import timedelta

from central.it_office.school_hours import RULE_WAITS
from edge.equipment_watch import room_hours


def test_a_rule_waits_as_long_as_the_form_says() -> None:
    assert timedelta(minutes=RULE_WAITS) == room_hours.RULE_WAITS
