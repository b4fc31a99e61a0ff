"""What the tests of the demonstration share."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from demonstration.accounts import Account

PUBLIC_URL = "https://huiqi.example.cn"


@dataclass(frozen=True)
class Loaded:
    """A database with the demonstration, what was said on the way, and where its files lie."""

    engine: Engine
    accounts: list[Account]
    heard: list[tuple[int, int]]
    files: Path
