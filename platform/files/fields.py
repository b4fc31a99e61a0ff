"""Form fields for files: what may come, how large and how many is known to the field, so a page tells it beforehand."""

from collections.abc import Collection
from typing import Any, ClassVar

from flask_wtf.file import FileField, MultipleFileField

from files.kinds import LIMIT, MOST_FILES, FileType


class _Limited:
    """The limits of a field, and the same for the browser's dialog."""

    kinds: Collection[FileType]
    most: ClassVar[int]

    def __init__(self, *arguments: Any, kinds: Collection[FileType], **options: Any) -> None:
        self.kinds = kinds
        accepted = ",".join(f".{extension}" for kind in kinds for extension in kind.extensions)
        super().__init__(*arguments, render_kw={"accept": accepted}, **options)  # type: ignore[call-arg]

    @property
    def words(self) -> str:
        """What may come, as people call it."""
        return "、".join(kind.word for kind in self.kinds)

    @property
    def most_bytes(self) -> int:
        """The largest that one file may be."""
        return LIMIT


class UploadField(_Limited, FileField):  # type: ignore[misc]
    """One file of the given kinds."""

    most = 1


class UploadsField(_Limited, MultipleFileField):  # type: ignore[misc]
    """Several files of the given kinds."""

    most = MOST_FILES
