"""Public notices with working-day deadlines, and objections."""
