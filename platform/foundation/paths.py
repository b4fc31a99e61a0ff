"""Addresses inside this site."""

from urllib.parse import urlsplit


def safe_next(target: str | None) -> str | None:
    """``target`` when it is a path on this site, else None: a sign-in page must not send people elsewhere."""
    if not target or "\\" in target or any(ord(letter) < 32 for letter in target):
        return None
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not target.startswith("/") or target.startswith("//"):
        return None
    return target
