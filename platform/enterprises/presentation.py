"""The words of titles."""

from typing import Final

from flask_babel import gettext

from enterprises.reading import TitleRow, TitleStanding
from enterprises.titles import TITLE_LABELS
from foundation.i18n import N_

STANDINGS: Final = {
    TitleStanding.VALID: (N_("有效"), "ok"),
    TitleStanding.OUTSIDE: (N_("不在有效期"), "neutral"),
    TitleStanding.REVOKED: (N_("已撤销"), "bad"),
}
"""What a standing is called, and its tone."""


def standing_of(row: TitleRow) -> dict[str, str]:
    """How the title stands, as a word with its tone."""
    label, tone = STANDINGS[row.standing]
    return {"label": gettext(label), "tone": tone}


def level_of(row: TitleRow) -> str:
    """The title in words."""
    return str(gettext(TITLE_LABELS[row.level]))
