"""Claims for redemption, their checks and decisions; sampling."""
