"""What phones, WeChat, banks, tax offices and portals really make is taken, and kept under what it is."""

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pillow_heif
import pytest
from papers import EXCEL, PDF, WORD, exif, motion, office, package, pdf, photo, stream
from PIL import Image
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen.canvas import Canvas
from sqlalchemy import func, select

from files.access import download
from files.kinds import CSV, EVIDENCE, INVOICE, TEXT
from files.models import PictureCopy
from files.store import current_store

INVOICE_XML = (
    '<?xml version="1.0" encoding="{}"?>\n<EInvoice><Number>25502000000012345678</Number><名称>厦门</名称></EInvoice>'
)


def owner_locked(algorithm: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(PDF))
    writer.encrypt("", "only the bank knows", algorithm=algorithm)
    return written(writer)


def written(writer: PdfWriter) -> bytes:
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def with_attachment(name: str, content: bytes) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(PDF))
    writer.add_attachment(name, content)
    return written(writer)


def printed() -> bytes:
    """With a contents list, links, and a first page to begin at, as office programs make it."""
    made = io.BytesIO()
    canvas = Canvas(made)
    canvas.drawString(9, 9, "1")
    canvas.bookmarkPage("top")
    canvas.addOutlineEntry("一", "top")
    canvas.linkURL("https://example.cn/", (0, 0, 9, 9))
    canvas.save()
    writer = PdfWriter(clone_from=io.BytesIO(made.getvalue()))
    writer.open_destination = writer.pages[0]
    writer.add_metadata({"/Title": "JavaScript"})
    return written(writer)


def linked() -> bytes:
    """Web pages, mail, a telephone, an address without its scheme and one with a port; within the document by a thread."""
    addresses = (
        b"HTTPS://example.cn",
        b"mailto:a@example.cn",
        b"tel:+8610",
        b"www.example.cn:8080/a",
        b"a.html",
        b"#1",
    )
    links = [b"<</Subtype/Link/F 4/A<</S/URI/URI(%s)>>>>" % address for address in addresses]
    return pdf(*links, b"<</Subtype/Link/A<</S/Thread/D 0>>>>", b"<</Type/Page/Group<</S/Transparency>>>>")


def stepping() -> bytes:
    return pdf(
        catalogue=b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next<</S/Named/N/NextPage>>>>>>"
    )


def heic(**options: object) -> bytes:
    made = io.BytesIO()
    image = Image.open(io.BytesIO(photo(size=(64, 48))))
    pillow_heif.from_pillow(image).save(made, format="HEIF", **options)
    return made.getvalue()


def utf16() -> bytes:
    return INVOICE_XML.format("UTF-16").encode("utf-16")


def everyday_word() -> bytes:
    """With a link of each kind, a picture pasted from a chat, a workbook behind a chart, an old object, and fields."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    relations = "".join(
        f'<Relationship Id="r{number}" Type="{kinds}{kind}" Target="{target}"{mode and " TargetMode=" + chr(34) + mode + chr(34)}/>'
        for number, (kind, target, mode) in enumerate(
            [
                ("styles", "styles.xml", ""),
                ("theme", "/word/theme/theme1.xml", ""),
                ("hyperlink", "https://example.cn/", "External"),
                ("hyperlink", "mailto:a@example.cn", "External"),
                ("image", r"file:///C:\Users\张三\AppData\Temp\qq.png", "External"),
                ("attachedTemplate", r"C:\Templates\公文.dotx", "External"),
                ("attachedTemplate", "Normal.dotm", "External"),
                ("externalLinkPath", "../2025/台账%201.xlsx", "External"),
                ("externalLinkPath", "100%25.xlsx", "External"),
                ("package", "embeddings/chart.xlsx", ""),
                ("oleObject", "embeddings/oleObject1.bin", ""),
            ]
        )
    )
    fields = "".join(
        f'<w:fldChar w:fldCharType="begin"/><w:instrText>{text}</w:instrText><w:fldChar w:fldCharType="separate"/>'
        '<w:fldChar w:fldCharType="end"/>'
        for text in (r"TOC \o", "PAGE", 'HYPERLINK "http://a/dde"', "DATE")
    )
    return office(
        **{
            "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>",
            "word/header1.xml": f'<w:hdr xmlns:w="w">{fields}</w:hdr>',
            "word/embeddings/chart.xlsx": office(EXCEL, "xl/workbook.xml"),
            "word/embeddings/oleObject1.bin": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + "Equation Native".encode("utf-16-le"),
        }
    )


HONEST: list[tuple[str, str, Callable[[], bytes], str]] = [
    ("a PDF as printed", "报告.pdf", printed, "报告.pdf"),
    ("a bank's receipt that only its owner may change", "回单.pdf", lambda: owner_locked("RC4-128"), "回单.pdf"),
    ("the same by AES of 128 bits", "回单.pdf", lambda: owner_locked("AES-128"), "回单.pdf"),
    ("the same by AES of 256 bits", "回单.pdf", lambda: owner_locked("AES-256"), "回单.pdf"),
    (
        "a portal's mark and blank lines before the header",
        "证照.pdf",
        lambda: b"\xef\xbb\xbf\r\n\r\n" + PDF,
        "证照.pdf",
    ),
    ("a portal's lines of HTTP before the header", "证照.pdf", lambda: b"Content-Type: x\r\n\r\n" + PDF, "证照.pdf"),
    ("zeros after the end", "证照.pdf", lambda: PDF + b"\0" * 5000, "证照.pdf"),
    ("a page's remains after the end", "证照.pdf", lambda: PDF + b"\r\n<!-- " + b"x" * 9000 + b" -->", "证照.pdf"),
    ("an electronic invoice with its XML", "发票.pdf", lambda: with_attachment("发票.xml", b"<a/>"), "发票.pdf"),
    (
        "the same with a name as Windows writes it in China",
        "发票.pdf",
        lambda: pdf(b"<</F(" + "发票.xml".encode("gbk") + b")/EF<</F 5 0 R>>>>", stream(b"<a/>")),
        "发票.pdf",
    ),
    ("links as people write them", "报告.pdf", linked, "报告.pdf"),
    (
        "a page whose size is written twice",
        "报告.pdf",
        lambda: pdf(b"<</Type/Page/MediaBox[0 0 9 9]/MediaBox[0 0 9 9]>>"),
        "报告.pdf",
    ),
    ("a step within when it is opened", "报告.pdf", stepping, "报告.pdf"),
    ("megabytes of blanks after the end", "证照.pdf", lambda: PDF + b" " * 3_000_000, "证照.pdf"),
    ("a PDF without extension", "报告v1.2", lambda: PDF, "报告v1.2.pdf"),
    ("a PDF called PNG", "报告.png", lambda: PDF, "报告.pdf"),
    ("a PDF called PDF in capitals", "REPORT.PDF", lambda: PDF, "REPORT.PDF"),
    ("a photo", "现场.jpg", photo, "现场.jpg"),
    ("WeChat's PNG called JPG", "mmexport1.jpg", lambda: photo("PNG"), "mmexport1.png"),
    ("a photo called PNG", "截图.png", photo, "截图.jpg"),
    ("a progressive photo", "a.jpeg", lambda: photo(progressive=True, quality=60), "a.jpeg"),
    ("a photo with restart marks", "a.jpg", lambda: photo(restart_marker_blocks=1), "a.jpg"),
    ("a motion photo", "MVIMG_1.jpg", lambda: motion(photo()), "MVIMG_1.jpg"),
    (
        "a cropped screenshot with the old end behind the new",
        "截图.png",
        lambda: photo("PNG") + b"IDAT rest",
        "截图.png",
    ),
    ("a phone's HEIC", "IMG_0001.HEIC", heic, "IMG_0001.jpg"),
    ("a HEIC that a chat called JPG", "IMG_0001.jpg", heic, "IMG_0001.jpg"),
    ("a WebP saved from a page", "图片.webp", lambda: photo("WEBP"), "图片.jpg"),
    ("Word", "方案.docx", office, "方案.docx"),
    (
        "Word with its main part under another name",
        "方案.docx",
        lambda: office(WORD, "word/document2.xml"),
        "方案.docx",
    ),
    ("a workbook that was sent as ZIP", "台账.zip", lambda: office(EXCEL, "xl/workbook.xml"), "台账.zip.xlsx"),
    ("Word with pictures, links, charts and fields as Word writes them", "方案.docx", everyday_word, "方案.docx"),
    ("OFD", "发票.ofd", lambda: package({"OFD.xml": "<OFD/>", "Doc_0/Attachs/invoice.xml": "<a/>"}), "发票.ofd"),
]


@pytest.mark.parametrize("row", HONEST, ids=lambda row: row[0])
def test_it_is_taken_and_kept_under_what_it_is(session, send, clerk, monkeypatch, row) -> None:
    _, name, build, kept_as = row
    monkeypatch.setattr("files.access.may_see", lambda *_: True)
    kept = send(build(), name, allowed=EVIDENCE)
    assert kept.filename == kept_as
    _, content = download(session, clerk, kept.id)
    with content:
        assert len(content.read()) == kept.blob.shown_size


XMLS: list[tuple[str, str, bytes]] = [
    ("UTF-8", "a.xml", INVOICE_XML.format("UTF-8").encode()),
    ("with a mark", "a.xml", b"\xef\xbb\xbf" + INVOICE_XML.format("utf-8").encode()),
    ("GBK", "a.xml", INVOICE_XML.format("GBK").encode("gbk")),
    ("UTF-16", "a.xml", utf16()),
    ("without declaration", "a.xml", "<EInvoice><名称>厦门</名称></EInvoice>".encode()),
    ("blank lines before it", "a.xml", b"\r\n\r\n" + INVOICE_XML.format("UTF-8").encode()),
    ("called TXT", "a.txt", INVOICE_XML.format("UTF-8").encode()),
]


@pytest.mark.parametrize(("name", "content"), [row[1:] for row in XMLS], ids=[row[0] for row in XMLS])
def test_an_invoice_as_xml_in_any_encoding_that_it_declares(send, name, content) -> None:
    assert send(content, name, allowed=INVOICE).filename == "a.xml"


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [("名称,金额\n甲,1\n".encode("gb18030"), "a.csv", CSV), ("说明 a<b".encode(), "a.txt", TEXT)],
)
def test_tables_and_texts_are_told_apart_by_their_names(send, content, name, kind) -> None:
    assert send(content, name, allowed=(CSV, TEXT)).blob.media_type == kind.media_type


def test_place_and_time_are_kept_beside_and_taken_out_of_what_others_get(session, send) -> None:
    original = photo(exif=exif(turned=6), comment=b"Zhang San's phone")
    blob = send(original, "现场.jpg").blob
    copy = session.scalars(select(PictureCopy)).one()
    assert (copy.latitude, copy.longitude) == (Decimal("24.479800"), Decimal("118.089400"))
    assert copy.taken_at == datetime(2026, 11, 20, 2, 11, 12, tzinfo=UTC)
    with current_store().open(blob.sha256) as kept, current_store().open(copy.sha256) as shown:
        assert kept.read() == original
        content = shown.read()
    assert b"HUAWEI" not in content
    assert b"Zhang" not in content
    image = Image.open(io.BytesIO(content))
    assert dict(image.getexif()) == {0x0112: 6}
    assert image.tobytes() == Image.open(io.BytesIO(original)).tobytes()
    assert blob.sha256 != copy.sha256


@pytest.mark.parametrize(
    ("build", "turned"),
    [
        (lambda: photo("PNG", exif=exif(turned=3)), 3),
        (lambda: photo("WEBP", exif=exif(turned=3)), 3),
        (lambda: heic(exif=exif().tobytes()), None),
    ],
    ids=["PNG", "WebP", "HEIC"],
)
def test_every_kind_of_picture_gives_its_place_and_loses_it(session, send, build, turned) -> None:
    blob = send(build(), "a").blob
    copy = session.scalars(select(PictureCopy)).one()
    assert (copy.latitude, copy.longitude) == (Decimal("24.479800"), Decimal("118.089400"))
    with current_store().open(blob.shown_sha256) as shown:
        image = Image.open(io.BytesIO(shown.read()))
    assert dict(image.getexif()) == ({0x0112: turned} if turned else {})
    image.load()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"zone": "+09:00"}, datetime(2026, 11, 20, 1, 11, 12, tzinfo=UTC)),
        ({"zone": "-05:30"}, datetime(2026, 11, 20, 15, 41, 12, tzinfo=UTC)),
        ({"at": "0000:00:00 00:00:00"}, None),
        ({"at": "1980:01:01 00:00:00"}, None),
        ({"at": "昨天"}, None),
        ({"at": None}, None),
    ],
)
def test_the_time_is_the_cameras_or_none(session, send, said, found) -> None:
    send(photo(exif=exif(place=False, **said)), "a.jpg")
    copy = session.scalars(select(PictureCopy)).one()
    assert (copy.taken_at, copy.latitude, copy.longitude) == (found, None, None)


def test_a_photo_is_the_same_by_what_was_sent_not_by_its_copy(session, send) -> None:
    first = send(photo(exif=exif()), "a.jpg")
    again = send(photo(exif=exif()), "b.jpg")
    other = send(photo(exif=exif(place=False)), "c.jpg")
    assert again is first
    assert other.blob_id != first.blob_id
    assert other.blob.shown_sha256 == first.blob.shown_sha256
    assert session.scalar(select(func.count()).select_from(PictureCopy)) == 2


def test_a_picture_that_came_before_copies_gets_one_when_it_is_fetched(session, send, clerk, monkeypatch) -> None:
    monkeypatch.setattr("files.access.may_see", lambda *_: True)
    kept = send(photo(exif=exif()), "a.jpg")
    session.delete(session.scalars(select(PictureCopy)).one())
    session.flush()
    session.refresh(kept.blob)
    assert kept.blob.picture is None
    _, content = download(session, clerk, kept.id)
    with content:
        assert b"HUAWEI" not in content.read()
    assert kept.blob.picture.latitude == Decimal("24.479800")


def test_a_camera_that_writes_nonsense_loses_no_photo(session, send) -> None:
    for number, block in enumerate(
        (b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + b"II*\0\x08\0\0\0\xff\xff")
    ):
        send(photo(exif=block, size=(40 + number, 30)), "a.jpg")
    assert session.scalars(select(PictureCopy.taken_at)).all() == [None] * 3


def test_an_owner_locked_pdf_opens_and_is_kept_as_it_was(send) -> None:
    content = owner_locked("AES-256")
    kept = send(content, "回单.pdf")
    with current_store().open(kept.blob.sha256) as found:
        assert found.read() == content
    assert PdfReader(io.BytesIO(content)).is_encrypted


def test_a_long_report_is_read_in_time(send) -> None:
    """Ten thousand objects of which a fifth are streams: a report of several hundred pages. Seconds of processor time."""
    more = [stream(b"x", b"") if number % 5 == 0 else b"<</Type/Annot/Rect[0 0 1 1]>>" for number in range(10_000)]
    content = pdf(*more)
    begun = time.process_time()
    assert send(content, "a.pdf").blob.media_type == "application/pdf"
    assert time.process_time() - begun < 10


def test_the_widths_of_a_font_of_every_character_are_read(send) -> None:
    """120,000 entries in one list."""
    assert send(pdf(b"[" + b"1 [500] " * 60_000 + b"]"), "a.pdf").blob.media_type == "application/pdf"
