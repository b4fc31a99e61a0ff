"""A worker in a process of its own, so that a test can kill it: ``worker_process.py DATABASE_URL``."""

import sys
import time
from functools import partial

from sqlalchemy import text

from foundation.database import make_engine
from foundation.jobs import job, periodic, run_worker
from foundation.periodic import Repeat


@job("test.slow")
def slow(session):
    """Says that it has begun and then takes longer than the test lets it live."""
    other = session.get_bind().connect()
    other.execute(text("INSERT INTO marks VALUES ('begun')"))
    other.commit()
    time.sleep(600)


def mark(session, name):
    session.execute(text("INSERT INTO marks VALUES (:name)"), {"name": name})


periodic("test.tick", "* * * * *", Repeat(partial(mark, name="tick")))
periodic("test.yearly", "0 0 1 1 *", Repeat(partial(mark, name="yearly")))


if __name__ == "__main__":
    run_worker(make_engine(sys.argv[1]))
