"""What other rooms may hear of an order, inside the same transaction."""

from blinker import Signal

order_changed = Signal("an order took a step; sender: Order, event: str")
record_filed = Signal("a service record was filed; sender: ServiceRecord")
deadline_moved = Signal("an order's deadline was moved later; sender: Order, session")
order_confirmed = Signal("the enterprise confirmed the result and rated it; sender: Order")
