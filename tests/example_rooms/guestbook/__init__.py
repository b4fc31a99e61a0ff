"""A room that only tests have: what a package says about itself is enough to be served."""
