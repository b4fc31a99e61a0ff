"""What upper rooms may listen to."""

from typing import Final

from blinker import signal

notice_extended: Final = signal("notice-extended")
"""Sent with the notice and ``session`` when its last day was moved later."""
notice_closed: Final = signal("notice-closed")
"""Sent with the notice, ``session`` and ``actor`` when it has ended and every objection is answered."""
