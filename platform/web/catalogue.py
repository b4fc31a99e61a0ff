"""The English catalogue, read from its .po file at start: no compiled file to forget."""

import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations


@cache
def english(folder: Path) -> Translations:
    """The translations of ``translations/en``; read once a process, as it takes longer than all else of an app."""
    with (folder / "en" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="en")
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled, "messages")
