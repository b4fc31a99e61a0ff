"""The migration that puts invoice numbers into one spelling spells as the program does."""

import importlib.util
from pathlib import Path

import pytest

from verification.invoices import normal_number

_FILE = Path(__file__).parents[2] / "migrations" / "versions" / "0010_verification_rules.py"


@pytest.mark.parametrize(
    "stored",
    [
        "24352000000000000001",
        "243520000000-00000001",
        "03500210021112345678",
        "035002100211-12345678",
        "13502123456712345678",
        "3502001234-12345678",
    ],
)
def test_stored_numbers_are_spelled_as_new_ones(stored: str) -> None:
    spec = importlib.util.spec_from_file_location("carried_over", _FILE)
    assert spec is not None
    assert spec.loader is not None
    version = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(version)
    assert version._spelled(stored) == normal_number(stored)
