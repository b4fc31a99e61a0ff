"""The job of the ledger: the days that are over are counted, at night, each part in a short transaction."""

from foundation.jobs import periodic
from foundation.periodic import Repeat
from ledger.days import fold

# Each ten minutes from midnight to six in China: what somebody was just writing is left for the next run.
fold_closed_days = periodic("ledger.fold", "*/10 16-21 * * *", Repeat(fold))
