"""A unified social credit code as a form takes it."""

from foundation.errors import BadInput
from foundation.i18n import N_
from policies.uscc import check_uscc


def checked_uscc(code: str, *, field: str = "uscc") -> str:
    """The normalised code; BadInput saying what is wrong with it (GB 32100-2015)."""
    result = check_uscc(code)
    if not result.valid:
        raise BadInput(
            result.reason or N_("统一社会信用代码不正确"),
            field=field,
            rule="GB 32100-2015",
            remedy=N_("核对营业执照上的18位代码"),
        )
    return result.normalised
