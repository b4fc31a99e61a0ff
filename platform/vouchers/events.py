"""What vouchers announce to whoever listens, inside the same transaction."""

from blinker import Signal

money_returned = Signal("Money came back to a programme's pool: sender is the voucher, with session and programme_id.")
voucher_issued = Signal("A voucher was issued: sender is the voucher, with session.")
