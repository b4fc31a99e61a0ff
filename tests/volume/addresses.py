"""Addresses of pages as somebody of a role would open them: for each route, numbers of things that are there."""

from collections.abc import Iterator
from typing import Final

from flask import Flask
from sqlalchemy import Connection, text
from werkzeug.routing import Rule

_TRIED: Final = 4
"""Things of one kind that are tried before a page counts as closed to the person."""

# What the argument of an endpoint means; the person's own things come first.
_ORDERS: Final = """
    SELECT number FROM (
        (SELECT number, 0 AS place FROM orders WHERE enterprise_id = :organisation ORDER BY id LIMIT 2)
        UNION ALL (SELECT number, 0 FROM orders WHERE provider_id = :organisation ORDER BY id LIMIT 2)
        UNION ALL (SELECT number, 1 FROM orders ORDER BY id DESC LIMIT 2)
    ) AS chosen ORDER BY place LIMIT 4
"""
_BY_PREFIX: Final = (
    ("/orders/<number>", _ORDERS),
    ("/confirmations", "SELECT number FROM orders WHERE state = 'settled' ORDER BY id LIMIT 1"),
    ("/catalogue/<number>", "SELECT number FROM offerings ORDER BY id DESC LIMIT 2"),
    (
        "/certifications",
        "SELECT number FROM certifications ORDER BY organisation_id = :organisation DESC, id DESC LIMIT 4",
    ),
    ("/claims", "SELECT number FROM redemption_claims ORDER BY id LIMIT 4"),
    ("/offerings", "SELECT number FROM offerings ORDER BY provider_id = :organisation DESC, id DESC LIMIT 2"),
    ("/programmes", "SELECT number FROM programmes ORDER BY id LIMIT 4"),
    ("/notices", "SELECT number FROM public_notices ORDER BY id DESC LIMIT 2"),
    ("/batches", "SELECT number FROM batches ORDER BY id DESC LIMIT 4"),
    ("/audit", "SELECT sequence FROM audit_events ORDER BY sequence LIMIT 1"),
    (
        "/statements",
        "SELECT number FROM statements ORDER BY organisation_id = :organisation DESC, id DESC LIMIT 3",
    ),
    ("/verify", "SELECT number FROM statements ORDER BY id DESC LIMIT 1"),
    ("/vouchers", "SELECT number FROM vouchers ORDER BY enterprise_id = :organisation DESC, id DESC LIMIT 2"),
)
_BY_NAME: Final = {
    "uscc": "SELECT uscc FROM organisations WHERE kind = 'provider' ORDER BY id LIMIT 1",
    "table_id": "SELECT id::text FROM target_tables ORDER BY organisation_id = :organisation DESC, id DESC LIMIT 2",
    "row_id": "SELECT row_id FROM target_rows ORDER BY id LIMIT 1",
    "title_id": "SELECT id::text FROM titles ORDER BY id DESC LIMIT 1",
    "attachment_id": "SELECT id::text FROM attachments ORDER BY id DESC LIMIT 1",
    "order": "SELECT number FROM orders WHERE state = 'settled' ORDER BY id LIMIT 1",
    "station": "SELECT kind FROM ledger_accounts WHERE kind IN ('pool', 'hold', 'payable') GROUP BY kind LIMIT 3",
}
_ELSEWHERE: Final = frozenset({"static", "accounts.sign_out", "web.larger_type", "web.language", "files.file"})


def addresses(app: Flask, connection: Connection, organisation: object) -> Iterator[tuple[str, list[str]]]:
    """Each route that can be got, with the addresses to try until one of them is open."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if "GET" not in (rule.methods or ()) or rule.endpoint in _ELSEWHERE:
            continue
        yield rule.rule, [_built(app, rule, values) for values in _values(connection, rule, organisation)]


def _values(connection: Connection, rule: Rule, organisation: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = [{}]
    for argument in sorted(rule.arguments):
        if argument == "year":
            choices: list[object] = [2026]
        elif argument == "line":
            choices = [1]
        else:
            asked = _BY_NAME.get(argument) or next(sql for prefix, sql in _BY_PREFIX if rule.rule.startswith(prefix))
            choices = list(connection.scalars(text(asked), {"organisation": organisation}).all())
        found = [{**one, argument: choice} for one in found for choice in choices][:_TRIED]
    return found


def _built(app: Flask, rule: Rule, values: dict[str, object]) -> str:
    with app.test_request_context():
        built = rule.build(values)
    assert built is not None
    return built[1]
