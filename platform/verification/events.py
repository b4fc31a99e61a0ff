"""What other rooms may hear of a claim, inside the same transaction."""

from blinker import Signal

redemption_undone = Signal(
    "a redemption is about to be taken back, its order is locked; a room that builds on it refuses; sender: Order, session"
)
