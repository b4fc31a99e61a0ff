"""Evidence store: content-addressed files and what they belong to."""
