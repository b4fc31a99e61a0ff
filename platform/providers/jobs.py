"""What the clock does with certifications, each in a transaction of its own."""

from foundation.jobs import periodic
from foundation.periodic import Each
from providers.standing import turn_with_the_clock, turning

# Just after midnight in China: reminders, expiries, and requests for information that were not answered.
every_night = periodic("providers.night", "15 16 * * *", Each(turning, turn_with_the_clock))
