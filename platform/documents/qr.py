"""A QR code as vectors: one rectangle per horizontal run of dark modules, sharp at every size."""

from itertools import groupby

import segno
from reportlab.lib.colors import black
from reportlab.platypus import Flowable

_QUIET = 4
"""Modules of white around the code (ISO/IEC 18004 asks for four)."""


class QrCode(Flowable):
    """``text`` as a QR code of ``size`` points, quiet zone included, error correction M."""

    def __init__(self, text: str, size: float) -> None:
        super().__init__()
        self.width = self.height = size
        code = segno.make(text.encode("utf-8", "replace").decode(), error="m", micro=False, boost_error=False)
        self._rows = tuple(tuple(row) for row in code.matrix)

    def draw(self) -> None:
        module = self.width / (len(self._rows) + 2 * _QUIET)
        path = self.canv.beginPath()
        for down, row in enumerate(self._rows, start=_QUIET + 1):
            across = _QUIET
            for dark, cells in groupby(row):
                length = len(list(cells))
                if dark:
                    path.rect(across * module, self.height - down * module, length * module, module)
                across += length
        self.canv.setFillColor(black)
        self.canv.drawPath(path, stroke=0, fill=1)
