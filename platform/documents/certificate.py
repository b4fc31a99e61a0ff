"""The certificate of a certified platform (公共服务示范平台): one landscape page, sober enough to hang on a wall."""

from dataclasses import dataclass
from datetime import date, datetime

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Spacer

from documents import styles
from documents.blocks import Label, ToBottom, centred_facts, check_corner
from documents.canonical import canonical_hash
from documents.paper import Sheet, print_story
from documents.text import Text, paragraph
from foundation.clock import day_of

_SIZE = landscape(A4)
_EDGE = 11 * mm
_CORNER = 28 * mm
_WIDTH = _SIZE[0] - 2 * 32 * mm


@dataclass(frozen=True, slots=True)
class CertificateContent:
    """All that a certificate says; ``document`` is the decision that it rests on. Raises ValueError for a backward term."""

    number: str
    issuer: str
    organisation: str
    uscc: str
    level: str
    valid_from: date
    valid_to: date
    document: str
    issued_at: datetime
    verification_url: str

    def __post_init__(self) -> None:
        if self.valid_to < self.valid_from:
            raise ValueError("the certificate ends before it begins")


def render_certificate(content: CertificateContent) -> bytes:
    """The certificate as PDF (A4 landscape); the same content gives the same bytes."""
    digest = canonical_hash(content)
    story: list[Flowable] = [
        Text([("证　书", styles.CERTIFICATE)], styles.CERTIFICATE),
        Text([("编号 ", styles.SUBTITLE), (content.number, styles.NUMBER)], styles.SUBTITLE),
        Spacer(0, 12 * mm),
        paragraph(content.organisation, styles.HOLDER),
        Spacer(0, 3 * mm),
        Text([("经审核并公示，认定为", styles.CITED), (content.level, styles.CITED_BOLD)], styles.CITED),
        Spacer(0, 11 * mm),
        centred_facts(
            [
                (Label("统一社会信用代码"), content.uscc),
                (Label("有效期"), f"{day(content.valid_from)} 至 {day(content.valid_to)}"),
                (Label("认定文件"), content.document),
            ],
            _WIDTH,
        ),
        ToBottom(_CORNER),
        check_corner(
            [paragraph(content.issuer, styles.SEAL), paragraph(day(day_of(content.issued_at)), styles.SEAL_DATE)],
            content.verification_url,
            digest,
            _WIDTH,
        ),
    ]
    return print_story(
        story,
        Sheet(
            title=f"{content.level}证书 {content.number}",
            author=content.issuer,
            subject=content.organisation,
            number=content.number,
            content_hash=digest,
            issued_at=content.issued_at,
            size=_SIZE,
            margins=(32 * mm, 24 * mm, 18 * mm),
            furniture=False,
            backdrop=_border,
        ),
    )


def day(moment: date) -> str:
    """A day as a certificate writes it: ``2026年11月20日``."""
    return f"{moment.year}年{moment.month}月{moment.day}日"


def _border(canvas: Canvas, size: tuple[float, float]) -> None:
    width, height = size
    canvas.setStrokeColor(styles.ACCENT)
    for inset, line in ((_EDGE, 1.8), (_EDGE + 2 * mm, 0.5)):
        canvas.setLineWidth(line)
        canvas.rect(inset, inset, width - 2 * inset, height - 2 * inset, stroke=1, fill=0)
