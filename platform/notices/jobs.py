"""What the clock does with public notices, each in a transaction of its own."""

from foundation.jobs import periodic
from foundation.periodic import Each
from notices.publishing import close_if_due, due

# 5 16 UTC is just after midnight in China: notices whose last day is over close, unless an objection is unanswered.
every_night = periodic("notices.close_due", "5 16 * * *", Each(due, close_if_due))
