"""Regions, organisations, people, roles and sign-in."""
