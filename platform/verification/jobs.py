"""What the clock does with claims, each in a transaction of its own; the job may run twice without harm."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.jobs import periodic
from foundation.periodic import Due, Each
from verification.deciding import lapse
from verification.models import RedemptionClaim, RedemptionState


def overdue() -> Due:
    """Claims whose correction is overdue."""
    return select(RedemptionClaim.id).where(
        RedemptionClaim.state == RedemptionState.RETURNED, RedemptionClaim.due_on < today()
    )


def close(session: Session, claim_id: UUID) -> bool:
    """A claim that was not corrected in time lapses and its money goes back."""
    return lapse(session, claim_id)


every_ten_minutes = periodic("verification.deadlines", "*/10 * * * *", Each(overdue, close))
