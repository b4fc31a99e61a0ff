"""Performance-target tables: templates, targets and computed actuals."""

# Whose turn its things are is known wherever their tables are.
from performance import turns as turns
