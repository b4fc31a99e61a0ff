"""How long ago, in words that are true on days off too."""

from datetime import date, timedelta

import pytest
from flask import Flask

from foundation.clock import at, travel
from web.filters import age, lasting

pytestmark = pytest.mark.clock

FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("later", "ago", "so_long"),
    [
        (0, "今天", "今天开始"),
        (1, "1 天前", "已 1 天，都是休息日"),
        (2, "2 天前", "已 2 天，都是休息日"),
        (3, "1 个工作日前", "已 1 个工作日"),
    ],
)
def test_since_friday(app: Flask, later: int, ago: str, so_long: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "zh"}), travel(at(FRIDAY + timedelta(days=later))):
        assert (age(FRIDAY), lasting(FRIDAY)) == (ago, so_long)
