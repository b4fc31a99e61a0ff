"""The refusals that several kinds of files share; each says the way out."""

from foundation.errors import BadInput
from foundation.i18n import N_


def broken(word: str) -> BadInput:
    """Not whole: what is missing cannot be seen, so nobody could judge it."""
    return BadInput(N_("%(type)s 文件不完整或已损坏，无法打开"), remedy=N_("重新导出、拍照或扫描后再上传"), type=word)


def two_in_one() -> BadInput:
    """A second file hides behind or before the first."""
    return BadInput(N_("一个文件里藏有另一个文件，不能作为材料"), remedy=N_("重新导出或扫描后再上传"))


def locked() -> BadInput:
    """It opens only with a password."""
    return BadInput(N_("文件设有密码，审核人员无法打开"), remedy=N_("去掉密码后重新上传"))


def too_large_unpacked() -> BadInput:
    """Small as it was sent, and far too large when it is opened."""
    return BadInput(N_("压缩内容过大，无法安全打开"), remedy=N_("导出为 PDF 后重新上传"))


def acts() -> BadInput:
    """Something in it runs when it is opened."""
    return BadInput(N_("文件带有打开时会运行的程序，不能作为材料"), remedy=N_("打印成 PDF 或扫描后重新上传"))


def too_complex(word: str) -> BadInput:
    """Of so many parts that reading them would keep a worker busy; no program writes such a file."""
    return BadInput(
        N_("%(type)s 文件的结构过于复杂，无法检查"), remedy=N_("用原来的软件另存，或打印成 PDF 后重新上传"), type=word
    )


def has_document_type() -> BadInput:
    """Entities come by it, and what they fetch or blow up."""
    return BadInput(
        N_("XML 文件带有文档类型定义（DTD），不能作为材料"),
        remedy=N_("从开票平台重新下载原始的 XML，或上传 PDF、OFD 版式文件"),
    )
