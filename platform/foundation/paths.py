"""Addresses inside this site."""


def safe_next(target: str | None) -> str | None:
    """``target`` when it is a path on this site, else None: a sign-in page must not send people elsewhere."""
    if not target or "\\" in target or any(ord(letter) < 32 or ord(letter) == 127 for letter in target):
        return None
    # A path: one slash, for two are an address without its scheme. Everything else could lead elsewhere.
    return target if target.startswith("/") and not target.startswith("//") else None
