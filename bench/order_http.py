"""Orders a second as browsers send them, against a bare Flask page on the same server in the same run.

Four people are signed in and have the order form before them; then each sends it again and again, one POST an order, every
one a new submission. An answer counts when it leads to the new order's page.
"""

import http.client
import re
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from bench.catalogue import both_servers
from bench.load import drive
from bench.orders import PASSWORD, adds_up, prepare
from foundation.database import make_engine

CLIENTS: Final = 4
TURNS: Final = 2
FACE: Final = 200_000_000
TARGET: Final = {"ratio": 0.10, "p95_ms": 60.0}


def measure(environment: Mapping[str, str], *, seconds: float = 8.0) -> dict[str, Any]:
    """``environment`` names an empty migrated database of its own; the bare page is measured before and after each turn."""
    url = environment["DATABASE_URL"]
    buyers, offerings = prepare(url, vouchers=CLIENTS, enterprises=CLIENTS, face=FACE)
    engine = make_engine(url)
    with Session(engine) as session:
        emails = [session.scalars(select(User.email).where(User.id == buyer.actor.user_id)).one() for buyer in buyers]
    engine.dispose()
    with both_servers(environment) as (our_port, bare_port):
        browsers = [
            Browser(our_port, email, f"/catalogue/{offering}/order")
            for email, offering in zip(emails, offerings, strict=True)
        ]
        for browser in browsers:
            browser.sign_in()
        _together(browsers, seconds=1.0)
        limits, taken, spent = [_bare(bare_port, seconds)], list[float](), 0.0
        for _ in range(TURNS):
            start = time.perf_counter()
            taken += _together(browsers, seconds=seconds / TURNS)
            spent += time.perf_counter() - start
            limits.append(_bare(bare_port, seconds))
    cuts, limit = quantiles(taken, n=20), sum(limits) / len(limits)
    return {
        "orders_per_second": round(len(taken) / spent, 1),
        "p50_ms": round(cuts[9] * 1000, 1),
        "p95_ms": round(cuts[18] * 1000, 1),
        "bare_flask_pages_per_second": round(limit, 1),
        "ratio": round(len(taken) / spent / limit, 3),
        "target": TARGET,
        "ok": adds_up(url),
    }


def _bare(port: int, seconds: float) -> float:
    return float(drive(port, "/", seconds=seconds / (2 * TURNS), clients=CLIENTS)["requests_per_second"])


def _together(browsers: Sequence["Browser"], *, seconds: float) -> list[float]:
    """Seconds that each order took."""
    taken: list[float] = []
    refused: list[str] = []
    stop = time.perf_counter() + seconds

    def work(browser: Browser) -> None:
        try:
            while time.perf_counter() < stop:
                taken.append(browser.order())
        except RuntimeError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=work, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if refused:
        raise RuntimeError(refused[0])
    return taken


class Browser:
    """One person's kept connection with the cookie of the sign-in and the fields of the order form."""

    def __init__(self, port: int, email: str, path: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._email, self._path = email, path
        self._cookie = ""
        self._fields: dict[str, str] = {}
        # What the form would show of the same service: the newest three.
        self._under_way: deque[str] = deque(maxlen=3)

    def sign_in(self) -> None:
        """By e-mail and password, then open the order form."""
        _, fields = self._form("/sign-in")
        self._keep(self._post("/sign-in", fields | {"email": self._email, "password": PASSWORD}), "sign-in")
        page, self._fields = self._form(self._path)
        self._fields["voucher"] = re.findall(r'name="voucher"[^>]* value="([^"]+)"', page)[0]

    def order(self) -> float:
        """Send the form; returns seconds."""
        sent = {"submission_id": str(uuid4()), "under_way": " ".join(self._under_way)}
        start = time.perf_counter()
        answer = self._post(self._path, self._fields | sent)
        spent = time.perf_counter() - start
        # The cookie with the message for the next page stays unused: each sending is a browser that has shown it.
        self._under_way.append(self._led(answer, "order").rsplit("/", 1)[1])
        return spent

    def _form(self, path: str) -> tuple[str, dict[str, str]]:
        self._connection.request("GET", path, headers=self._headers())
        answer = self._connection.getresponse()
        page = answer.read().decode()
        if answer.status != 200:
            raise RuntimeError(f"{path} answers {answer.status}")
        self._cookie = _cookie_of(answer) or self._cookie
        return page, dict(re.findall(r'<input[^>]*type="hidden"[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))

    def _post(self, path: str, fields: Mapping[str, str]) -> http.client.HTTPResponse:
        headers = self._headers() | {"Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", path, urlencode(fields), headers)
        answer = self._connection.getresponse()
        answer.read()
        return answer

    def _keep(self, answer: http.client.HTTPResponse, deed: str) -> None:
        self._led(answer, deed)
        self._cookie = _cookie_of(answer) or self._cookie

    @staticmethod
    def _led(answer: http.client.HTTPResponse, deed: str) -> str:
        if answer.status != 303:
            raise RuntimeError(f"{deed} answers {answer.status}")
        return str(answer.getheader("Location"))

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie} if self._cookie else {}


def _cookie_of(answer: http.client.HTTPResponse) -> str | None:
    given = [one.split(";", 1)[0] for one in answer.headers.get_all("Set-Cookie") or ()]
    return next((one for one in given if one.startswith("huiqi=")), None)
