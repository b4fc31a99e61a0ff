"""Enterprises' titles with validity and dated facts."""
