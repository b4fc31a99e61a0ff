"""Double entry: every movement of money is a transfer that is never edited."""
