"""``huiqi translations``: collects every sentence of the interface and says which have no English yet.

msgids are the Chinese sentences; they stand in Python (``N_``, ``gettext``, ``lazy_gettext as _l``), in templates
(``_()``) and as values in ``platform/*/data/*.yaml``.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

import click
import yaml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parents[2]
CATALOGUE: Final = ROOT / "translations" / "en" / "LC_MESSAGES" / "messages.po"

_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_KEYWORDS: Final = {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "_l": None, "lazy_gettext": None}
# Names of documents, issuers and places are what they are in every language; notes are for whoever edits the file.
_NOT_TRANSLATED: Final = frozenset(
    {"citation", "valid_years_citation", "places", "document", "article", "issuer", "region", "notes", "note", "source"}
)

# The living style page and its samples are never shown to a user.
_ONLY_FOR_BUILDERS: Final = frozenset({"style", "style_samples"})

# Names of places, and the demonstration's own texts, are data like any organisation's.
_NAMES: Final = ("demonstration/data/", "accounts/data/")


def extract_yaml(
    fileobj: IO[bytes],
    keywords: Any,  # noqa: ARG001 - babel passes these three by name
    comment_tags: Any,  # noqa: ARG001
    options: Any,  # noqa: ARG001
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel extractor: every Chinese text in a data file, except under the keys that are not translated."""
    node = yaml.compose(fileobj.read().decode("utf8"))
    if node is not None:
        yield from _texts(node)


def _texts(node: yaml.Node) -> Iterator[tuple[int, str, str, list[str]]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value not in _NOT_TRANSLATED:
                yield from _texts(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _texts(value)
    elif isinstance(node, yaml.ScalarNode) and _CHINESE.search(node.value):
        yield node.start_mark.line + 1, "gettext", node.value, []


def extracted() -> Catalog:
    """All sentences as they stand in the tree now."""
    catalogue = Catalog(locale="en", project="Huiqi", charset="utf-8")
    methods = {
        "platform": [("**.py", "python"), ("**/data/**.yaml", "cli.translations:extract_yaml")],
        "templates": [("**.html", "jinja2")],
    }
    for folder, method in methods.items():
        found = extract_from_dir(
            ROOT / folder, method, options_map={"**.html": {"silent": "false"}}, keywords=_KEYWORDS
        )
        for name, line, message, comments, context in found:
            if Path(name).stem in _ONLY_FOR_BUILDERS or name.startswith(_NAMES):
                continue
            catalogue.add(message, None, [(f"{folder}/{name}", line)], auto_comments=comments, context=context)
    return catalogue


def stored() -> Catalog:
    """The English catalogue in the tree."""
    return read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="en") if CATALOGUE.exists() else Catalog(locale="en")


def missing(catalogue: Catalog) -> list[str]:
    """Sentences of ``catalogue`` that have no English, or only a guess."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in catalogue
        if message.id and (message.fuzzy or not _filled(message.string))
    ]


def _filled(text: Any) -> bool:
    return bool(text) if isinstance(text, str) else bool(text) and all(text)


@click.group()
def translations() -> None:
    """Collects the sentences of the interface and says which have no English yet."""


@translations.command()
def update() -> None:
    """Bring the English catalogue to the sentences that stand in the tree; keep what is translated."""
    catalogue = stored()
    catalogue.update(extracted(), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    with CATALOGUE.open("wb") as file:
        # No line numbers: a moved line is no change of language.
        write_po(file, catalogue, width=120, sort_output=True, omit_header=False, include_lineno=False)
    click.echo(f"{len(catalogue)} sentences, {len(missing(catalogue))} without English: {CATALOGUE.relative_to(ROOT)}")


@translations.command(name="missing")
def list_missing() -> None:
    """Print the sentences without English, one a line; exit 1 when there are some."""
    catalogue = stored()
    catalogue.update(extracted(), no_fuzzy_matching=True)
    without = missing(catalogue)
    for sentence in without:
        click.echo(sentence)
    if without:
        raise SystemExit(1)
