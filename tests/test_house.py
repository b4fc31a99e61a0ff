"""The rules of the house that a machine can hold (docs/architecture.md)."""

import ast
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = ROOT / "platform"
MODULES = sorted(PLATFORM.rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
_CHINESE = re.compile("[\u4e00-\u9fff]")


def test_platform_is_a_source_root_and_no_package() -> None:
    assert not (PLATFORM / "__init__.py").exists()


def test_the_standard_library_keeps_its_platform() -> None:
    code = "import platform, uuid; print(platform.python_implementation())"
    for folder in (ROOT, PLATFORM):
        told = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
        assert told.stdout.strip() == sys.implementation.name.replace("cpython", "CPython")


def test_modules_are_small() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf8").count("\n") for path in MODULES}
    assert {name: lines for name, lines in lengths.items() if lines > 320} == {}
    assert statistics.median(lines for lines in lengths.values() if lines > 2) <= 100


def test_functions_are_small() -> None:
    long = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > 60:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text(encoding="utf8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and ast.get_docstring(node) is None
    ]
    assert silent == []


@pytest.mark.parametrize("word", ["utils", "common", "misc", "helpers"])
def test_there_is_no_drawer(word: str) -> None:
    assert [path for path in MODULES if word in path.parts or path.stem == word] == []


def test_views_touch_no_table() -> None:
    """A view asks queries and calls verbs; ``select`` and ``session.get`` in it would be a second place for rules."""
    touching = [
        str(path.relative_to(ROOT))
        for path in PLATFORM.glob("*/*views*.py")
        if re.search(r"\bselect\(|session\(\)\.(get|scalar|execute)|from sqlalchemy", path.read_text(encoding="utf8"))
    ]
    assert touching == []


def test_models_know_no_flask() -> None:
    assert [path for path in PLATFORM.glob("*/models.py") if "flask" in path.read_text(encoding="utf8")] == []


def test_templates_have_nothing_inline() -> None:
    """The content security policy refuses inline style and handlers; a page would silently lose them."""
    inline = {
        str(path.relative_to(ROOT)): found
        for path in TEMPLATES
        if (found := re.findall(r'\sstyle="|\son[a-z]+="|<style|javascript:', path.read_text(encoding="utf8")))
    }
    assert inline == {}


def _without_calls(text: str) -> str:
    """``text`` without the literal first argument of each ``_("…")``."""
    return re.sub(r"\b_\(\s*(\"[^\"]*\"|'[^']*')", "(", text)


def test_templates_translate_every_text() -> None:
    """Chinese outside of ``_()`` would stay Chinese for an English reader."""
    bare = {}
    for path in TEMPLATES:
        text = path.read_text(encoding="utf8")
        text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
        text = _without_calls(text)
        text = re.sub(r'lang="zh[^"]*"[^>]*>[^<]*<', "<", text)
        lines = [line.strip() for line in text.splitlines() if _CHINESE.search(line)]
        if lines:
            bare[str(path.relative_to(ROOT))] = lines
    assert bare == {}


def test_every_sentence_has_english() -> None:
    from cli.translations import extracted, missing, stored  # noqa: PLC0415

    catalogue = stored()
    catalogue.update(extracted(), no_fuzzy_matching=True)
    assert missing(catalogue) == []
