"""Public notices with working-day deadlines, and objections."""

# Whose turn its things are is known wherever their tables are.
from notices import turns as turns
