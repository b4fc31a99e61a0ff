"""Programs inside Office documents that no relation tells of: in embedded objects, and in fields that start a command."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Final
from xml.parsers.expat import ExpatError, ParserCreate

from files.markup import NoMarkup
from files.refusals import acts, has_document_type, too_complex
from foundation.errors import BadInput
from foundation.i18n import N_

COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names of streams in compound files: a packed file of any kind (MS-OLEDS), and the projects of Word and Excel (MS-OVBA).
_PACKED: Final = "Ole10Native".encode("utf-16-le").lower()
_PROJECT: Final = "_VBA_PROJECT".encode("utf-16-le").lower()
_LONGEST_NAME: Final = max(len(_PACKED), len(_PROJECT))
_STEP: Final = 1024 * 1024
# A field of Word and a link of Excel that make another program run a command.
_COMMANDS: Final = frozenset({"DDE", "DDEAUTO"})


@dataclass(slots=True)
class Budget:
    """What may still be read of one document: bytes, and elements of XML. BadInput when it is used up."""

    octets: int
    elements: int

    def take(self, octets: int = 0, elements: int = 0) -> None:
        """Use some of it."""
        self.octets -= octets
        self.elements -= elements
        if self.octets < 0 or self.elements < 0:
            raise too_complex("Office")


def has_macros() -> BadInput:
    """It has a program of Office's own."""
    return BadInput(N_("文件带有宏程序，不能作为材料"), remedy=N_("另存为不带宏的格式（DOCX、XLSX）或 PDF 后重新上传"))


def ensure_harmless_object(stream: IO[bytes], budget: Budget) -> None:
    """BadInput for a compound file that packs another file, which people would open by a double click, or has macros."""
    before = b""
    while piece := stream.read(_STEP):
        budget.take(len(piece))
        # bytes.lower leaves all but ASCII letters as it is: names of streams are the same in capitals.
        text = (before + piece).lower()
        if _PACKED in text:
            raise BadInput(
                N_("文档里嵌有别的文件，打开它可能运行程序，不能作为材料"),
                remedy=N_("把嵌入的文件取出来单独上传，再把正文打印成 PDF 上传"),
            )
        if _PROJECT in text:
            raise has_macros()
        before = text[-_LONGEST_NAME:]


def ensure_no_commands(stream: IO[bytes], budget: Budget) -> None:
    """BadInput for a part of a document with a field or a link that starts a command; NoMarkup for what is not well-formed."""
    parser = ParserCreate(namespace_separator=" ")
    fields = _Fields(parser_reads=lambda reads: setattr(parser, "CharacterDataHandler", reads))
    counted = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal counted
        counted += 1
        fields.begin(name.rpartition(" ")[2], attributes)

    def document_type(*_arguments: object) -> None:
        raise has_document_type()

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda name: fields.end(name.rpartition(" ")[2])
    parser.StartDoctypeDeclHandler = document_type
    try:
        while piece := stream.read(_STEP // 16):
            counted = 0
            parser.Parse(piece, False)
            budget.take(len(piece), counted)
        parser.Parse(b"", True)
    except ExpatError as error:
        raise NoMarkup(str(error)) from error


class _Fields:
    """The instructions of fields, each put together from the runs that Word spreads it over (ECMA-376 part 1, 17.16)."""

    def __init__(self, parser_reads: Callable[[Callable[[str], None] | None], None]) -> None:
        self.open: list[str] = [""]
        self.parser_reads = parser_reads

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "ddeLink":
            raise acts()
        if name == "fldSimple":
            self._judge(next((text for key, text in attributes.items() if key.endswith("instr")), ""))
        elif name == "instrText":
            self.parser_reads(self.read)
        elif name == "fldChar":
            step = next((text for key, text in attributes.items() if key.endswith("fldCharType")), "")
            if step == "begin":
                self.open.append("")
            elif len(self.open) > 1:
                self._judge(self.open.pop())
                if step == "separate":
                    self.open.append("")

    def end(self, name: str) -> None:
        if name == "instrText":
            self.parser_reads(None)
            self._judge(self.open[-1])

    def read(self, text: str) -> None:
        """Of an instruction only its beginning says what it does."""
        if len(self.open[-1]) < 200:
            self.open[-1] = (self.open[-1] + text).lstrip()

    @staticmethod
    def _judge(instruction: str) -> None:
        word = instruction.strip().split(maxsplit=1)[:1]
        if word and word[0].strip('"').upper() in _COMMANDS:
            raise acts()
