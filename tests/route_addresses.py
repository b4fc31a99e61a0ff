"""An address for a route, with identifiers of nothing."""

from uuid import uuid4

from flask import Flask
from werkzeug.routing import Rule


def address_of(app: Flask, rule: Rule) -> str:
    """A path that the route answers; what it names does not exist."""
    values: dict[str, object] = {}
    for argument in rule.arguments:
        converter = rule._converters[argument]
        match type(converter).__name__:
            case "UUIDConverter":
                values[argument] = uuid4()
            case "IntegerConverter":
                values[argument] = 1
            case "AnyConverter":
                values[argument] = min(converter.items)
            case _:
                values[argument] = "nothing-0000"
    with app.test_request_context():
        built = rule.build(values)
    assert built is not None
    return built[1]
