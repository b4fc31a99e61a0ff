"""How fast this machine is at this moment, so that a limit of time is a ratio and not a number of seconds."""

import hashlib
import time
from typing import Final

from sqlalchemy import Engine, text

# What ``_work`` takes on two quiet cores of a virtual machine.
QUIET_SECONDS: Final = 0.1


def pace(engine: Engine) -> float:
    """How many times longer fixed work takes now than on a quiet machine; never below 1."""
    return max(1.0, measured(engine) / QUIET_SECONDS)


def measured(engine: Engine) -> float:
    """Seconds of a fixed query, of hashing and of a loop of Python, once after the other."""
    began = time.perf_counter()
    with engine.connect() as connection:
        connection.execute(text("SELECT sum(number) FROM generate_series(1, 300000) AS number")).all()
    digest = b""
    for number in range(50_000):
        digest = hashlib.sha256(digest + number.to_bytes(4)).digest()
    return time.perf_counter() - began
