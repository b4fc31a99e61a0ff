"""Where a line of Chinese may end: anywhere, except before closing and after opening marks and inside Latin words.

The forbidden places are those of GB/T 15834—2011 (标点符号用法) 5.1: no line begins with a mark that closes, none ends
with one that opens. ReportLab's own CJK wrapping lets both happen.
"""

from collections.abc import Sequence
from itertools import pairwise

_NEVER_FIRST = frozenset("，。、；：？！）】〕〉》」』”’…—·％‰℃°%,.;:?!)]}")
_NEVER_LAST = frozenset("（【〔〈《「『“‘￥¥$([{")
_FIRST_WIDE = "\u2e80"
"""Below stand the scripts that are written in words."""


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two characters."""
    if after == " " or after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    if before == " ":
        return True
    return before >= _FIRST_WIDE or after >= _FIRST_WIDE or before in "-/" or after in _NEVER_LAST


def break_line(text: str, widths: Sequence[float], limit: float) -> list[tuple[int, int]]:
    """Cut ``text`` into pieces ``(start, end)`` no wider than ``limit``; every character is in exactly one piece.

    Where obeying would leave a line less than half full (forty digits, a long address), it is cut like with a knife. A
    single character wider than the limit gets a line of its own.
    """
    allowed = [False, *(may_break(before, after) for before, after in pairwise(text))]
    pieces: list[tuple[int, int]] = []
    start, end, used = 0, 0, 0.0
    while end < len(text):
        # Spaces may hang over the edge: they end a line and are not seen.
        if used + widths[end] <= limit or text[end] == " " or end == start:
            used += widths[end]
            end += 1
            continue
        cut = next((at for at in range(end, start, -1) if allowed[at]), end)
        if sum(widths[start:cut]) < limit / 2:
            cut = end
        pieces.append((start, cut))
        used = sum(widths[cut:end])
        start = cut
    pieces.append((start, end))
    return pieces
