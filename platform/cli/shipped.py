"""All rules that come with the program, as they are entered after a migration."""

from performance import templates
from policies import catalogue
from policies.shipped import Shipped
from settlement.schemes import definition
from verification import checklists
from vouchers import presets


def shipped_rules() -> list[Shipped]:
    """Rule sets, schemes, templates of target tables, check lists and presets."""
    rooms = (catalogue, definition, templates, checklists, presets)
    return [each for room in rooms for each in room.all_shipped()]
