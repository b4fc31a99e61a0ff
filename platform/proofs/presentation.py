"""Words for the proofs."""

from typing import Final

from foundation.i18n import N_
from proofs.models import Subject

SUBJECTS: Final = {Subject.LEDGER: N_("资金账目"), Subject.TRAIL: N_("操作记录")}
