"""The desk of somebody with more than fits: the most urgent, and that there are more."""

from datetime import timedelta

from flask import Flask

from foundation.clock import now
from foundation.desk import Desk, DeskItem
from web.desks import SHOWN, shown


def item(place: int) -> DeskItem:
    return DeskItem(
        task="核验", title=f"第 {place} 项", endpoint="web.home", arguments={}, since=now() - timedelta(place)
    )


def test_more_than_fits_is_said(app: Flask) -> None:
    with app.test_request_context():
        full = shown(Desk(mine=[item(place) for place in range(SHOWN + 80)]))
        some = shown(Desk(mine=[item(place) for place in range(SHOWN)]))
    assert (len(full["mine"]), full["more"]) == (SHOWN, 80)
    assert some["more"] == 0
