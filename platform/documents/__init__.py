"""Paper and spreadsheets: dataclasses in, bytes out; this room knows nothing of the domain."""
