"""Claims for redemption, their checks and decisions; sampling."""

# Whose turn its things are is known wherever their tables are.
from verification import turns as turns
