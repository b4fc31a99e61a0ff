"""How many walks a costly property takes."""

import os


def examples(whole: int) -> int:
    """``whole`` of them; a third where CI runs the suite again, at another hour or on the oldest PostgreSQL.

    What differs there is the day or the server, and the first walks meet it; how far the property holds is shown once.
    """
    return max(3, whole // 3) if os.environ.get("TESTS_AGAIN") else whole
