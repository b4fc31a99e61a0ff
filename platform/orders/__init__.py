"""Orders, agreements, service records, evidence, confirmation and rating."""
