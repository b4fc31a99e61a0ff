"""The tree of regions, from codes alone: 350203 lies in 350200, that in 350000, that in the nation (GB/T 2260)."""

from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from accounts.models import Organisation, Region
from foundation.yaml_files import read_yaml

_DATA: Final = Path(__file__).parent / "data" / "regions.yaml"
_LEVELS: Final = ("nation", "province", "city", "district")


def plant(session: Session) -> dict[str, Region]:
    """Enter the regions of the data file that are not there yet; returns all of the file's, by code.

    Run after each migration: an installation without regions could register nobody.
    """
    levels: dict[str, dict[str, Any]] = read_yaml(_DATA)
    tree = {region.code: region for region in session.scalars(select(Region))}
    for level in _LEVELS:
        for code, name in levels.get(level, {}).items():
            if code not in tree:
                tree[code] = _region(code, name, level, tree)
                session.add(tree[code])
                session.flush()
    return tree


def of_organisation(
    subject: InstrumentedAttribute[UUID],
    organisation: InstrumentedAttribute[Any],
    *way: tuple[type[Any], ColumnElement[bool]],
) -> Select[UUID, str]:
    """``subject`` with the path of the region of its organisation; ``way`` are the joins that lead to ``organisation``."""
    query: Select[UUID, str] = select(subject, Region.path)
    for table, condition in way:
        query = query.join(table, condition)
    return query.join(Organisation, Organisation.id == organisation).join(Region, Region.id == Organisation.region_id)


def _region(code: str, name: str, level: str, tree: dict[str, Region]) -> Region:
    above = (tree.get(each) for each in (f"{code[:4]}00", f"{code[:2]}0000", "100000") if each != code)
    parent = next((each for each in above if each is not None), None)
    path = (parent.path if parent else "") + f"{code}/"
    return Region(code=code, name=name, level=level, parent_id=parent.id if parent else None, path=path)
