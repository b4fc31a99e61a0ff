"""The search room: one interface, two engines, the same tokens in both. The database holds the truth, an index is a cache."""
