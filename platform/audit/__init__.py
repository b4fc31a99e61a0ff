"""Who did what, when, from where; append-only and sealed into a chain."""
