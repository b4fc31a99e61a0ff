"""Certification of platforms, offerings and their versions, price review."""
