"""The nightly proof: what ``huiqi ledger verify`` and ``huiqi audit verify`` find, run by the clock and told on the desks."""
