"""Regions, organisations, people, roles and sign-in."""

# Whose turn its things are is known wherever their tables are.
from accounts import turns as turns
