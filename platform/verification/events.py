"""What other rooms may hear of a claim, inside the same transaction."""

from blinker import Signal

redemption_undone = Signal(
    "a redemption is about to be taken back, it and its order are locked; a room that builds on it refuses; sender: RedemptionClaim, session"
)
