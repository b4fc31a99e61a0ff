"""Performance-target tables: templates, targets and computed actuals."""
