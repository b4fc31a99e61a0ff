"""Schemes, batches, statements and payments."""

# Whose turn its things are is known wherever their tables are.
from settlement import turns as turns
