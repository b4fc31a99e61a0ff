"""A small bounded load over loopback: threads with one kept connection each."""

import http.client
import threading
import time
from collections.abc import Mapping
from statistics import quantiles
from typing import Any


def drive(
    port: int, path: str, *, seconds: float, clients: int = 8, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Ask for ``path`` from ``clients`` connections for ``seconds``; answers that are not 200 are counted apart."""
    taken: list[float] = []
    failed = [0]
    stop = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() < stop:
            start = time.perf_counter()
            connection.request("GET", path, headers=dict(headers or {}))
            answer = connection.getresponse()
            answer.read()
            taken.append(time.perf_counter() - start)
            if answer.status != 200:
                failed[0] += 1
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = time.perf_counter() - start
    cuts = quantiles(taken, n=20)
    return {
        "requests_per_second": round(len(taken) / spent, 1),
        "p50_ms": round(cuts[9] * 1000, 1),
        "p95_ms": round(cuts[18] * 1000, 1),
        "failed": failed[0],
    }
