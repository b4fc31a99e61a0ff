"""Identifiers: version 7 of RFC 9562, in the order of time; numbers that can be read out on the telephone."""

import re
import time
from datetime import date

from foundation.identifiers import new_id, new_number


def test_bits_of_version_and_variant() -> None:
    for made in (new_id() for _ in range(1000)):
        assert made.version == 7
        assert made.variant == "specified in RFC 4122"


def test_later_means_greater_and_the_time_stands_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = []
    for _ in range(20):
        made.append(new_id())
        time.sleep(0.002)
    assert made == sorted(made)
    assert before <= made[0].int >> 80 <= time.time_ns() // 1_000_000


def test_no_two_alike() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000
    numbers = {new_number("DD", date(2026, 11, 20)) for _ in range(1000)}
    assert len(numbers) == 1000
    assert all(re.fullmatch(r"DD20261120-[2-9A-HJ-NP-Z]{6}", number) for number in numbers)
