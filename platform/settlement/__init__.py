"""Schemes, batches, statements and payments."""
