"""The rules of the house that a machine can hold (docs/architecture.md)."""

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from functools import cache
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


def test_every_package_has_its_place_in_the_layers() -> None:
    """A package that is missing there could import whatever it likes."""
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf8"))["tool"]["importlinter"]
    layers = next(one for one in linter["contracts"] if one["id"] == "layers")["layers"]
    packages = {path.parent.name for path in PLATFORM.glob("*/__init__.py")}
    assert set(linter["root_packages"]) == packages
    assert {name for layer in layers for name in layer.split(" | ")} == packages


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


LIMITED = {
    # The page says that there are more and where they are, or turns pages (tests/web/test_limits.py).
    "audit/queries.py:history",
    "foundation/pages.py:count",
    "foundation/pages.py:page_of",
    "providers/queries.py:find_organisations",
    "verification/desk_queries.py:unclaimed",
    "verification/queries.py:_earlier",
    "vouchers/money.py:moves",
    "vouchers/queries.py:open_programmes",
    # Asked for the next one only, beside how many wait.
    "verification/queries.py:waiting_claims",
    # A proof tells its first faults and how many more it found.
    "audit/verification.py:_check_times",
    "audit/verification.py:_count_unsealed",
    # Work in portions: what is left comes in the next.
    "audit/heads.py:publish",
    "audit/repeats.py:tell_counts",
    "audit/retention.py:prune",
    "audit/seals.py:_late",
    "audit/seals.py:_new",
    "audit/verification.py:_walk",
    "foundation/periodic.py:keys",
    "orders/line.py:move_up",
    "vouchers/claiming.py:allot",
    "web/jobs.py:_forget",
}


def test_lists_end_silently_nowhere() -> None:
    """A list that is cut at a number hides what comes after it: each place that cuts one is known, and why it may."""
    found = {
        f"{path.relative_to(PLATFORM)}:{node.name}"
        for path in MODULES
        if PLATFORM in path.parents
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
        if isinstance(node, ast.FunctionDef)
        for each in ast.walk(node)
        if isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr == "limit"
        and ast.unparse(each.args[0]) != "1"
    }
    assert found == LIMITED


def test_migrations_are_frozen_text() -> None:
    """A version that asked the running program would do something else to a new database than it did to the old ones."""
    ours = {path.stem if path.is_file() else path.name for path in (*PLATFORM.iterdir(), *ROOT.glob("*.py"))}
    asked = {}
    for path in sorted((ROOT / "migrations" / "versions").glob("*.py")):
        imported = [
            name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in (
                [node.module or "."] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            )
        ]
        if found := set(imported) & (ours | {"procrastinate", "importlib", "."}):
            asked[path.name] = found
    assert "foundation" in ours
    assert asked == {}


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


# The clock


CODE = [
    *MODULES,
    *(path for folder in ("tests", "bench", "migrations") for path in sorted((ROOT / folder).rglob("*.py"))),
    ROOT / "config.py",
    ROOT / "dev",
]
CLOCK = PLATFORM / "foundation" / "clock.py"
_OF_A_DAY = {"today", "due", "age"}
_SQL_DAY = re.compile(
    # Right is (moment AT TIME ZONE 'Asia/Shanghai')::date.
    r"\bcurrent_date\b|\blocaltimestamp\b|(?<!at time zone 'asia/shanghai'\))::\s*date\b|\bas\s+date\s*\)|date_trunc\(\s*'day'",
    re.IGNORECASE,
)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf8"))


def _days_of_utc(tree: ast.Module) -> list[int]:
    """Lines that ask a moment itself, or the machine, for the day or the hour."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            owner_name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", None)
            if (node.func.attr == "date" and not node.args) or (
                owner_name in {"date", "datetime"} and node.func.attr in {"today", "now", "utcnow"}
            ):
                found.append(node.lineno)
    return found


def test_days_are_those_of_china() -> None:
    """``moment.date()`` is UTC's day, an earlier one from midnight to eight in China: ``clock.day_of(moment)``."""
    assert len(_days_of_utc(ast.parse("a.date(); date.today(); datetime.datetime.now(UTC); func.date(a); now()"))) == 3
    found = {
        str(path.relative_to(ROOT)): lines for path in CODE if path != CLOCK if (lines := _days_of_utc(_tree(path)))
    }
    assert found == {}


def test_the_database_is_not_asked_for_the_day() -> None:
    """A day that PostgreSQL makes of a moment is that of its session's time zone, unless the statement names China's."""
    assert _SQL_DAY.search("SELECT at::date")
    assert _SQL_DAY.search("(at AT TIME ZONE 'UTC')::date")
    assert not _SQL_DAY.search("SELECT (max(at) AT TIME ZONE 'Asia/Shanghai')::date")
    asked = {}
    for path in CODE:
        texts = [node.value for node in ast.walk(_tree(path)) if isinstance(node, ast.Constant)]
        names = [node.attr for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute)]
        found = [text for text in texts if isinstance(text, str) and _SQL_DAY.search(text) and path != Path(__file__)]
        found += [name for name in names if name in {"current_date", "localtimestamp"}]
        if found:
            asked[str(path.relative_to(ROOT))] = found
    assert asked == {}


def _hangs_on_the_clock(tree: ast.Module) -> bool:
    """Whether a test module takes anything from the clock, or has a name with ``today``, ``due`` or ``age`` in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="foundation.clock") | ast.alias(name="foundation.clock"):
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str(name)):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.alias(name=name):
                names.add(name)
            case _:
                pass
    return any(_OF_A_DAY & set(name.lower().split("_")) for name in names)


def _marked(tree: ast.Module) -> bool:
    """Whether the module's ``pytestmark`` has ``pytest.mark.clock``."""
    marks = [
        ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    ]
    return any(re.search(r"\bpytest\.mark\.clock\b", mark) for mark in marks)


def test_what_hangs_on_the_clock_is_marked() -> None:
    """CI runs what is marked at other days and hours too (``--clock``)."""
    assert _hangs_on_the_clock(ast.parse("from foundation.clock import at"))
    assert _hangs_on_the_clock(ast.parse("assert order.due_at"))
    assert not _hangs_on_the_clock(ast.parse("page.manage(residue=1)"))
    unmarked = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if path != Path(__file__)
        if _hangs_on_the_clock(tree := _tree(path)) and not _marked(tree)
    ]
    assert unmarked == [], "add `pytestmark = pytest.mark.clock`"
