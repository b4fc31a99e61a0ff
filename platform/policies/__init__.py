"""Rule sets of official notices as data, and their evaluation; nothing here needs a database."""
