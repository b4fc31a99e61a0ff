"""Certification of platforms, offerings and their versions, price review."""

# Whose turn its things are is known wherever their tables are.
from providers import turns as turns
