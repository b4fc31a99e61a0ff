"""Jobs of the trail: each minute telling the counts of what repeats itself, sealing and writing heads out; and removing what
the installation does not keep. A batch a transaction.
"""

from sqlalchemy.orm import Session

from audit import heads
from audit.repeats import tell_counts
from audit.retention import prune
from audit.seals import BATCH, seal
from config import load_settings
from foundation.jobs import periodic
from foundation.periodic import Repeat


def seal_a_batch(session: Session) -> bool:
    """Seal what is committed; True when one seal did not hold it all."""
    return seal(session) == BATCH


def write_heads_out(session: Session) -> bool:
    """Write what was sealed and committed to the file of this host; True when there may be more."""
    return heads.publish(session, load_settings())


def prune_old_seals(session: Session) -> bool:
    """Remove events of the oldest seals when they are older than the trail is kept; True when there may be more."""
    return prune(session) > 0


seal_what_is_new = periodic(
    "audit.seal", "* * * * *", Repeat(tell_counts), Repeat(seal_a_batch), Repeat(write_heads_out)
)
remove_what_is_old = periodic("audit.prune", "30 18 * * *", Repeat(prune_old_seals))
