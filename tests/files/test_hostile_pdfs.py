"""What a PDF says in other words than a plain action, and what is written to keep its reader busy."""

import re
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

import pytest
from papers import pdf, stream
from pypdf.generic import NullObject
from sqlalchemy import func, select

from files.models import Blob
from files.pdf_reading import BoundedReader
from foundation.errors import BadInput

ACTS = ("文件带有打开时会运行的程序，不能作为材料", "打印成 PDF 或扫描后重新上传")
BROKEN = ("PDF 文件不完整或已损坏，无法打开", "重新导出、拍照或扫描后再上传")
CARRIES = ("PDF 里附带了其他文件，审核人员看不到", "把附带的文件取出来单独上传，再把正文打印成 PDF 上传")
COMPLEX = ("PDF 的内容过于复杂，无法检查", "用打印功能另存为 PDF，或分成几个文件后再上传")
TWICE = ("PDF 里同一项内容写了两遍，不同的阅读器会显示出不同的内容", "用打印功能另存为 PDF 后重新上传")
TWO = ("一个文件里藏有另一个文件，不能作为材料", "重新导出或扫描后再上传")
ELSEWHERE = "用打印功能另存为 PDF（链接会随之去掉），再重新上传；那份文件如需提交，请单独上传"
OTHER_PROGRAM = "把链接改成网页地址，或用打印功能另存为 PDF（链接会随之去掉），再重新上传"
SERVER = b"(\\\\\\\\evil\\\\share\\\\x.pdf)"
SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"
ZEROS = b"[" + b"0 " * 90_000 + b"]"

Row = tuple[str, Callable[[], bytes], tuple[str, str]]


def catalogue(more: bytes) -> Callable[[], bytes]:
    return lambda: pdf(catalogue=b"<</Type/Catalog/Pages 2 0 R" + more + b">>")


def one_more(*bodies: bytes) -> Callable[[], bytes]:
    return lambda: pdf(*bodies)


def link(address: bytes) -> Callable[[], bytes]:
    return one_more(b"<</Subtype/Link/A<</S/URI/URI" + address + b">>>>")


def elsewhere(target: str) -> tuple[str, str]:
    return f"PDF 里有链接指向电脑上的另一个文件：{target}", ELSEWHERE


def other_program(target: str) -> tuple[str, str]:
    return f"PDF 里有链接会打开网页以外的程序：{target}", OTHER_PROGRAM


def carried(names: bytes) -> Callable[[], bytes]:
    """An attachment that is XML and has ``names``."""
    return one_more(b"<</Type/Filespec" + names + b"/EF<</F 5 0 R>>>>", stream(b"<a/>"))


def packed(bodies: list[bytes], *, places: list[int] | None = None, named: bool = True) -> bytes:
    """A PDF of version 1.5 whose objects from 6 on stand in object stream 4, which its table names or not."""
    within, found = b"", []
    for body in bodies:
        found.append(len(within))
        within += body + b" "
    places = places or found
    header = b"".join(b"%d %d " % (6 + number, place) for number, place in enumerate(places))
    content = zlib.compress(header + within, 9)
    made = pdf(stream(content, b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(places), len(header))))
    if not named:
        return made
    before = made[: made.index(b"xref\n0")]
    rows = b"\0" * 7 + b"".join(
        b"\1" + struct.pack(">IH", before.index(b"%d 0 obj" % number), 0) for number in range(1, 5)
    )
    rows += b"\1" + struct.pack(">IH", len(before), 0)
    rows += b"".join(b"\2" + struct.pack(">IH", 4, number) for number in range(len(places)))
    table = stream(rows, b"/Type/XRef/Size %d/Root 1 0 R/W[1 4 2]" % (6 + len(places)))
    return before + b"5 0 obj" + table + b"endobj\nstartxref\n%d\n%%%%EOF\n" % len(before)


ROWS: list[Row] = [
    ("a thread in a file on a server", catalogue(b"/OpenAction<</S/Thread/F" + SERVER + b"/D 0>>"), ACTS),
    ("the same when a page is turned", one_more(b"<</AA<</O<</S/Thread/F<</F" + SERVER + b">>/D 0>>>>>>"), ACTS),
    ("the same at a click", one_more(b"<</A<</S/Thread/F(a.pdf)>>>>"), ACTS),
    ("any dictionary with a file on a server", one_more(b"<</Type/Filespec/UF" + SERVER + b">>"), ACTS),
    (
        "a step to a place, and then a page",
        catalogue(b"/OpenAction<</D[3 0 R/Fit]/Next<</S/URI/URI(http://a)>>>>"),
        ACTS,
    ),
    ("a page that every link belongs to", catalogue(b"/URI<</Base(file://evil/)>>"), ACTS),
    ("a picture in another file", one_more(stream(b"", b"/Subtype/Form/Ref<</F(a.pdf)/Page 0>>")), ACTS),
    ("what stands for it in print", one_more(b"<</OPI<</2.0<</F(a.tif)>>>>>>"), ACTS),
    ("a sound", one_more(b"<</Type/Annot/Subtype/Sound/Sound 5 0 R>>", stream(b"")), ACTS),
    ("a script behind a tabulator", link(rb"(java\tscript:alert(1))"), ACTS),
    ("a script behind a sign", link(rb"(\001javascript:alert(1))"), ACTS),
    ("the same where a sign is read as an accent", link(rb"(\032javascript:alert(1))"), ACTS),
    ("a script in hexadecimal digits", link(b"<6a617661736372697074003a616c657274>"), ACTS),
    ("a search on a server", link(b"(search-ms:query=x)"), other_program("search-ms:query=x")),
    ("a folder on a server", link(b"(smb://evil/x)"), other_program("smb://evil/x")),
    ("a folder of Windows", link(b"(shell:startup)"), other_program("shell:startup")),
    ("a link to a file", link(b"(file:///C:/a.doc)"), elsewhere("file:///C:/a.doc")),
    ("the same in Chinese", link(b"(file:///D:/%E8%B5%84%E6%96%99.doc)"), elsewhere("file:///D:/资料.doc")),
    ("a link to a file by its path", link(rb"(C:\\a.doc)"), elsewhere(r"C:\a.doc")),
    ("a link to another PDF", one_more(b"<</A<</S/GoToR/F(a.pdf)/D[0/Fit]>>>>"), elsewhere("a.pdf")),
    ("the same by a dictionary", one_more(b"<</S/GoToR/F<</Type/Filespec/F(b.pdf)>>>>"), elsewhere("b.pdf")),
    ("the same when it is opened", catalogue(b"/OpenAction<</S/GoToR/F(a.pdf)/D[0/Fit]>>"), ACTS),
    (
        "the same where no table leads",
        lambda: packed([b"<</S/GoToR/D[0/Fit]>>"], named=False),
        ("PDF 里有链接指向电脑上的另一个文件", ELSEWHERE),
    ),
    ("an action twice", catalogue(b"/OpenAction[3 0 R/Fit]/OpenAction<</S/URI/URI(http://a)>>"), TWICE),
    ("a kind of action twice", one_more(b"<</A<</S/GoTo/S/URI/URI(http://a)>>>>"), TWICE),
    ("the same in an object stream", lambda: packed([b"<</A<</S/GoTo/D[3 0 R]>>/A 3 0 R>>"]), TWICE),
    ("a script in an object stream that no table names", lambda: packed([SCRIPT], named=False), ACTS),
    ("what comes after what cannot be read", catalogue(b"/X nan/OpenAction<</S/URI/URI(http://a)>>"), BROKEN),
    ("an attachment with another name for DOS", carried(b"/F(a.xml)/DOS(a.exe)"), CARRIES),
    ("an attachment with another name for Unix", carried(b"/F(a.xml)/Unix(a.sh)"), CARRIES),
    ("an attachment without a name", carried(b""), CARRIES),
    ("an attachment whose name is cut off", carried(rb"/F(a.exe\000.xml)"), CARRIES),
    ("an attachment with files of its own", carried(b"/F(a.xml)/RF<</F[(b.exe) 5 0 R]>>"), CARRIES),
    ("a page before the header", lambda: b"x <html><script>1</script>" + pdf(), TWO),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_it_is_refused_with_the_way_out(session, send, row) -> None:
    _, build, (said, way_out) = row
    with pytest.raises(BadInput) as refusal:
        send(build(), "a.pdf")
    assert (refusal.value.text(), refusal.value.way_out()) == (f"“a.pdf”：{said}", way_out)
    assert session.scalar(select(func.count()).select_from(Blob)) == 0


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails when more than ``seconds`` of this process's own time went by; another's work on the machine does not count."""
    begun = time.process_time()
    yield
    assert time.process_time() - begun < seconds


BUSY: list[tuple[str, Callable[[], bytes]]] = [
    ("lists of zeros in four kilobytes", lambda: packed([ZEROS] * 20)),
    ("lists of zeros in the open", lambda: pdf(*[ZEROS] * 100)),
    ("a list longer than any font's", lambda: pdf(b"[" + b"0 " * 250_000 + b"]")),
    ("much in little", lambda: packed([b" " * 9_000_000])),
    ("very much in little", lambda: packed([b" " * 70_000_000])),
    ("the same list read from a thousand places", lambda: packed([b" " * 1000 + b"[" + b"0 " * 5000 + b"]"],
                                                                  places=list(range(1000)))),
    ("a string read from thousands of places", lambda: packed([b"(" * 9000 + b")" * 9000], places=list(range(9000)))),
    ("objects that are looked for everywhere",
     lambda: pdf(*[b"0 "] * 4000, stream(b"x" * 18_000_000)).replace(b" 0 obj0 ", b" 1 obj0 ")),
]  # fmt: skip


@pytest.mark.parametrize("row", BUSY, ids=lambda row: row[0])
def test_its_reader_is_not_kept_busy(send, monkeypatch, row) -> None:
    """A fifth of the bounds, for the suite's own time."""
    monkeypatch.setattr("files.pdf_reading._MOST_STEPS", 800_000)
    monkeypatch.setattr("files.pdf_reading._MOST_SECONDS", 2.0)
    content = row[1]()
    with within(10), pytest.raises(BadInput) as refusal:
        send(content, "a.pdf")
    assert (refusal.value.text(), refusal.value.way_out()) == (f"“a.pdf”：{COMPLEX[0]}", COMPLEX[1])


def test_steps_that_branch_at_each_step_are_each_gone_once(send) -> None:
    """Each of 56 leads twice to the next."""
    steps = [b"<</S/GoTo/D[3 0 R]/Next[%d 0 R %d 0 R]>>" % (number, number) for number in range(5, 61)]
    content = pdf(*steps, catalogue=b"<</Type/Catalog/Pages 2 0 R/OpenAction 4 0 R>>")
    with within(10):
        assert send(content, "a.pdf").blob.media_type == "application/pdf"


def test_nothing_much_in_an_object_stream_is_what_it_is() -> None:
    reader = copy_context().run(BoundedReader, packed([b"0", b"<<>>", b"null"]), unpacked=re.compile(b"/Launch"))
    assert [reader.get_object(number) for number in (6, 7, 8)] == [0, {}, NullObject()]
    assert reader.found_unpacked is None
