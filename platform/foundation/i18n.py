"""Marks texts for translation without importing Flask: the shells translate at the edge."""


def N_(text: str) -> str:  # noqa: N802 - the name babel knows for "mark, do not translate yet"
    """Return ``text`` unchanged; babel collects it as a msgid (msgids are the Simplified Chinese texts)."""
    return text
