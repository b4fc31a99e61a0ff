"""A browser in words, from what it says of itself: a person must know the own devices again."""

from typing import Final

from foundation.errors import Translate
from foundation.i18n import N_

# The first word found counts: most browsers also call themselves like older ones.
_BROWSERS: Final = (
    ("MicroMessenger/", N_("微信")),
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("HarmonyOS", "HarmonyOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def told_of(agent: str, translate: Translate = str) -> str:
    """Browser and system; what nobody knows stays as it was said."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), None)
    system = next((name for sign, name in _SYSTEMS if sign in agent), None)
    return " · ".join((translate(browser), system)) if browser and system else agent
