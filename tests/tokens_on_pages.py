"""The CSRF tokens that forms carry."""

import re

from flask.testing import FlaskClient


def token_on(client: FlaskClient, address: str) -> str:
    """The CSRF token of a form on this page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(address).text)
    assert found is not None, address
    return found[1]
