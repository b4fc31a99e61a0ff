"""Relations of an Office package: what its parts refer to, and whether Office would go elsewhere for it by itself."""

import re
from typing import Final
from urllib.parse import unquote

from files.macros import has_macros
from foundation.errors import BadInput
from foundation.i18n import N_

# ECMA-376 part 2: a relation that is not named here, Office follows when the document is opened; a link waits for a click.
_FOLLOWED_BY_PEOPLE: Final = (
    "http://schemas.openxmlformats.org/officedocument/2006/relationships/hyperlink",
    "http://purl.oclc.org/ooxml/officedocument/relationships/hyperlink",
)
# A web page or another document that Office takes in as text when it opens the file: with all that it fetches and runs.
_TAKEN_IN: Final = "/afchunk"
# Within the package, beside the document, or on a drive of the reader's own. No server, which two slashes begin, whatever way
# they lean, and no scheme, of which Windows knows more than can be named.
_HERE: Final = re.compile(r"(?:file:///)?[a-z]:(?!//).*|(?![a-z][a-z0-9+.-]*:)(?!/[/?]).*", re.DOTALL)
_MOST_TIMES_ESCAPED: Final = 3


def ensure_harmless(relations: list[tuple[str, dict[str, str]]]) -> None:
    """BadInput for macros, for what Office would fetch from elsewhere by itself, and for pages that it takes in."""
    for _, attributes in relations:
        kind = attributes.get("Type", "").strip().lower()
        if kind.endswith("/vbaproject"):
            raise has_macros()
        if kind.endswith(_TAKEN_IN) or (kind not in _FOLLOWED_BY_PEOPLE and not _is_here(attributes.get("Target", ""))):
            raise BadInput(N_("文档打开时会从网络取用别处的内容，不能作为材料"), remedy=N_("另存为 PDF 后重新上传"))


def _is_here(target: str) -> bool:
    """Whether a target lies in the package or on the reader's own computer."""
    for _ in range(_MOST_TIMES_ESCAPED):
        target = unquote(target)
    if target != unquote(target):
        return False
    said = "".join(letter for letter in target.replace("\\", "/") if letter.isprintable() and not letter.isspace())
    return _HERE.fullmatch(said.lower()) is not None
