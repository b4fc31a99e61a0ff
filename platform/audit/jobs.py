"""Jobs of the trail: sealing each minute, and removing what the installation does not keep."""

from sqlalchemy.orm import Session

from audit.retention import prune
from audit.seals import BATCH, seal
from config import load_settings
from foundation.jobs import periodic


@periodic("audit.seal", "* * * * *")
def seal_what_is_new(session: Session) -> None:
    """Seal all that is committed; several seals when there is more than one holds."""
    while seal(session) == BATCH:
        pass


@periodic("audit.prune", "30 18 * * *")
def remove_what_is_old(session: Session) -> None:
    """Remove what is older than ``HUIQI_AUDIT_RETENTION_DAYS``; nothing when it is not set."""
    prune(session, load_settings().audit_retention_days)
