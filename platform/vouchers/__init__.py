"""Programmes, the claim queue and vouchers: issue, hold, redeem, release, expire."""
