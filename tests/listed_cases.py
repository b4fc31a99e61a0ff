"""A house with one of everything that is listed."""

from decimal import Decimal

from claim_cases import PUBLIC, Office, claimed, verified
from factories import PASSWORD, enterprise, give_title
from order_cases import Scene
from sqlalchemy.orm import Session

from enterprises.models import TitleLevel
from foundation.clock import today
from performance import tables
from performance.templates import RowValues
from settlement.approval import approve

TEMPLATE = "beijing-2021-annex4"


class House:
    """One of everything that is listed."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.scene = scene = Scene(session)
        office = Office(session, scene)
        verified(scene)
        batch = office.reviewed()
        approve(session, office.budget_holder, batch.number, password=PASSWORD, public_url=PUBLIC)
        claimed(scene)
        give_title(session, enterprise(session, title=None), TitleLevel.SRDI)
        table = tables.create(session, scene.clerk, template_id=TEMPLATE, year=today().year)
        part = RowValues(Decimal(3), Decimal(10), Decimal(1), Decimal(4))
        tables.save(session, scene.clerk, table.id, {"ind03-srdi": part})
        tables.submit(session, scene.clerk, table.id)
        self.table = table

    def address(self, pattern: str) -> str:
        """``pattern`` with the programme's number and the table's id."""
        return pattern.format(programme=self.scene.programme.number, table=self.table.id)
