"""The confirmation of results (成效确认函): what was delivered, and what both sides say about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reportlab.platypus import Flowable, Spacer

from documents import styles
from documents.blocks import Column, Label, amount_box, closing, facts, grid, section
from documents.canonical import canonical_hash
from documents.paper import Sheet, print_story
from documents.text import Text, paragraph
from foundation.clock import local
from foundation.money import capitals, display_yuan


@dataclass(frozen=True, slots=True)
class Party:
    """One side: the organisation and who confirmed for it, and when."""

    organisation: str
    uscc: str
    confirmed_by: str
    confirmed_at: datetime


@dataclass(frozen=True, slots=True)
class DeliveredItem:
    """One service content and its result."""

    content: str
    result: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file, named by what it is; ``sha256`` in 64 hexadecimal digits ties the paper to the file as it was sent."""

    kind: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class EvidenceOfPicture(Evidence):
    """A picture, of which people download a copy without place and time: ``copy_sha256`` is the copy's.

    A type of its own, so that the hash of letters without copies is what it always was.
    """

    copy_sha256: str


@dataclass(frozen=True, slots=True)
class ConfirmationContent:
    """All that a confirmation says; ``value`` and ``deducted`` are fen."""

    number: str
    issuer: str
    programme: str
    order: str
    service: str
    enterprise: Party
    provider: Party
    value: int
    deducted: int
    items: Sequence[DeliveredItem]
    rating: str
    comment: str
    evidence: Sequence[Evidence]
    issued_at: datetime
    verification_url: str


def render_confirmation(content: ConfirmationContent) -> bytes:
    """The confirmation as PDF (A4); the same content gives the same bytes."""
    digest = canonical_hash(content)
    story: list[Flowable] = [
        paragraph("服务成效确认函", styles.TITLE),
        Text([("编号 ", styles.SUBTITLE), (content.number, styles.NUMBER)], styles.SUBTITLE),
        Spacer(0, 10),
        *facts(_facts(content)),
        Spacer(0, 12),
        amount_box(Label("抵扣金额"), content.deducted, capitals(content.deducted)),
        *section(Label("一、服务内容与成效")),
        grid(
            [Column(Label("服务内容"), 38), Column(Label("成效"), 62)],
            [(item.content, item.result) for item in content.items],
        ),
        *section(Label("二、企业评价")),
        *facts([[(Label("评价"), content.rating)], [(Label("意见"), content.comment or "—")]]),
        *section(Label("三、佐证材料")),
        grid(
            [Column(Label("种类"), 14), Column(Label("文件"), 38), Column(Label("SHA-256"), 48)],
            [(each.kind, each.name, _digests(each)) for each in content.evidence],
        ),
        *section(Label("四、双方确认")),
        paragraph(_SENTENCE, styles.BODY),
        _closing(content, digest),
    ]
    return print_story(
        story,
        Sheet(
            title=f"服务成效确认函 {content.number}",
            author=content.issuer,
            subject=f"{content.enterprise.organisation} {content.provider.organisation} {content.order}",
            number=content.number,
            content_hash=digest,
            issued_at=content.issued_at,
        ),
    )


_SENTENCE = "双方确认：上列服务已按服务协议完成，成效和佐证材料属实；抵扣金额已从企业应付的服务费中减去。"


def _facts(content: ConfirmationContent) -> list[list[tuple[Label, str]]]:
    return [
        [(Label("企业"), content.enterprise.organisation)],
        [(Label("统一社会信用代码"), content.enterprise.uscc), (Label("订单编号"), content.order)],
        [(Label("服务机构"), content.provider.organisation)],
        [(Label("统一社会信用代码"), content.provider.uscc), (Label("服务"), content.service)],
        [(Label("项目"), content.programme), (Label("合同金额"), display_yuan(content.value))],
    ]


def _digests(file: Evidence) -> str:
    if isinstance(file, EvidenceOfPicture):
        return f"原件 {file.sha256}\n下载件 {file.copy_sha256}"
    return file.sha256


def _closing(content: ConfirmationContent, digest: str) -> Flowable:
    names = [
        (Label(caption), f"{party.confirmed_by}\n{local(party.confirmed_at):%Y-%m-%d %H:%M}")
        for caption, party in (("企业确认", content.enterprise), ("服务机构确认", content.provider))
    ]
    sentence = Label("扫码或打开网址，可核对本函的编号和内容校验码（SHA-256）")
    return closing(names, content.verification_url, digest, sentence)
