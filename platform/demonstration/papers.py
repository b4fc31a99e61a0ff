"""Papers of the demonstration: real PDF and PNG files, each of its own bytes, each with a mark that nobody can overlook."""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from documents import fonts
from files.intake import Upload

_MARK: Final = "演示"
_NOTE: Final = "演示材料：其中的单位、人员、金额均为虚构，没有法律效力。"
_MARGIN: Final = 64
_LINE: Final = 24
_PHOTO: Final = (960, 640)


def paper(title: str, lines: Sequence[str], filename: str) -> Upload:
    """A page with a heading and lines, as a PDF."""
    fonts.ready()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, lang="zh-CN")
    canvas.setTitle(title)
    width, height = A4
    canvas.saveState()
    canvas.setFillGray(0.88)
    canvas.setFont(fonts.BOLD, 180)
    canvas.translate(width / 2, height / 2)
    canvas.rotate(35)
    canvas.drawCentredString(0, -60, _MARK)
    canvas.restoreState()
    canvas.setFont(fonts.BOLD, 20)
    canvas.drawCentredString(width / 2, height - 110, title)
    canvas.setFont(fonts.REGULAR, 11)
    for place, line in enumerate(lines):
        canvas.drawString(_MARGIN, height - 170 - place * _LINE, line)
    canvas.setFont(fonts.REGULAR, 9)
    canvas.drawString(_MARGIN, 48, _NOTE)
    canvas.save()
    buffer.seek(0)
    return Upload(buffer, filename)


def photo(title: str, lines: Sequence[str], filename: str) -> Upload:
    """A picture that stands for a photo of the service, as a PNG."""
    image = Image.new("RGB", _PHOTO, "#e7ecec")
    draw = ImageDraw.Draw(image)
    draw.rectangle((24, 24, _PHOTO[0] - 24, _PHOTO[1] - 24), outline="#0b6b6b", width=3)
    draw.text((_PHOTO[0] / 2, 330), _MARK, font=_letters(220), fill="#d3dcdc", anchor="mm")
    draw.text((60, 60), title, font=_letters(36), fill="#123")
    for place, line in enumerate(lines):
        draw.text((60, 140 + place * 44), line, font=_letters(26), fill="#345")
    draw.text((60, _PHOTO[1] - 70), _NOTE, font=_letters(20), fill="#567")
    buffer = BytesIO()
    image.save(buffer, "PNG")
    buffer.seek(0)
    return Upload(buffer, filename)


@cache
def _letters(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.folder() / "NotoSansSC-Regular.ttf"), size)
