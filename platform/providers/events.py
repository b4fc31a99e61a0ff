"""What upper rooms may listen to; all are sent with the certification, ``session`` and ``actor``, in the transaction."""

from typing import Final

from blinker import signal

certification_suspended: Final = signal("certification-suspended")
"""No new orders from now on; the offerings are out of the catalogue."""
certification_revoked: Final = signal("certification-revoked")
"""As suspended, and undocked orders cannot stand."""
