"""Programmes, the claim queue and vouchers: issue, hold, redeem, release, expire."""

# Whose turn its things are is known wherever their tables are.
from vouchers import turns as turns
