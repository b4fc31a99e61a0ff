"""Orders, agreements, service records, evidence, confirmation and rating."""

# Whose turn its things are is known wherever their tables are.
from orders import turns as turns
