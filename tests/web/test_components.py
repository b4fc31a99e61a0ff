"""The design system by itself: every component renders, strictly parsed, with nothing inline and its accessibility hooks."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import html5lib
import pytest
from flask import Flask, render_template, render_template_string
from jinja2 import StrictUndefined
from wtforms import Form, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from files.fields import UploadField, UploadsField
from files.kinds import JPEG, PDF, PNG
from foundation.actors import Actor, Role
from foundation.errors import BadInput, Faults
from foundation.forms import choices
from foundation.pages import Page
from web import filters
from web.style_samples import style_context

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
ERRORS = (400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503)
OWNER = Actor(None, "李敏", None, "厦门海沧精密机械制造有限公司", Role.ENTERPRISE_MANAGER, "cn/")


@pytest.fixture
def bare() -> Iterator[Flask]:
    """Only templates and filters: no database, no other room."""
    app = Flask("bare", template_folder=str(TEMPLATES), static_folder=str(ROOT / "static"))
    app.secret_key = "bare"
    app.config["MAX_CONTENT_LENGTH"] = 80 * 1024 * 1024
    env = app.jinja_env
    env.undefined, env.trim_blocks, env.lstrip_blocks = StrictUndefined, True, True
    env.add_extension("jinja2.ext.i18n")
    env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(csrf_token=lambda: "token", csp_nonce=lambda: "nonce")
    filters.install(app)
    env.globals["translate"] = str
    with app.test_request_context("/orders?state=wait&state=ok&page=2"):
        yield app


def frame(**more: Any) -> dict[str, Any]:
    entry = SimpleNamespace(label="订单", url="/orders", icon="cart3", active=True)
    return {"current_actor": OWNER, "locale": "zh_Hans_CN", "navigation": [entry], **more}


def use(path: str, names: str, source: str, **context: Any) -> str:
    return render_template_string(f'{{% from "components/{path}.html" import {names} %}}{source}', **context)


def parsed(page: str) -> Any:
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)


def test_style_page_shows_every_component_and_is_strict_html(bare: Flask) -> None:
    page = render_template("style.html", **style_context(), **frame())
    tree = parsed(page)
    ids = [one.attrib["id"] for one in tree.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    imported = re.findall(
        r'from "components/(?!icons)\w+\.html" import ([\w, ]+?)(?: with context)? %}',
        (TEMPLATES / "style.html").read_text("utf-8"),
    )
    body = (TEMPLATES / "style.html").read_text("utf-8").partition("{% block title %}")[2]
    assert all(f"{name}(" in body for names in imported for name in names.split(", "))


@pytest.mark.parametrize("actor", [OWNER, None])
def test_pages_carry_nothing_inline(bare: Flask, actor: Actor | None) -> None:
    page = render_template("style.html", **style_context(), **frame(current_actor=actor))
    for one in parsed(page).iter():
        assert one.tag != "style"
        assert not [name for name in one.attrib if name == "style" or name.startswith("on")]
        assert one.tag != "script" or ("src" in one.attrib and not one.text)
        assert not one.attrib.get("src", "").startswith(("http", "//", "data:"))


@pytest.mark.parametrize("actor", [OWNER, None])
def test_frame_signs_out_by_post_and_offers_a_way_in(bare: Flask, actor: Actor | None) -> None:
    page = render_template("errors/404.html", **frame(current_actor=actor))
    assert ('<form method="post" action="/sign-out"><input type="hidden" name="csrf_token" value="token">' in page) is (
        actor is not None
    )
    assert ('href="/sign-in"' in page) is (actor is None)
    assert 'class="skip" href="#main-content"' in page
    assert "企业管理员" in page or actor is None


@pytest.mark.parametrize("code", ERRORS)
def test_error_pages_say_what_happened_and_what_next(bare: Flask, code: int) -> None:
    page = render_template(f"errors/{code}.html", status=code, **frame())
    parsed(page)
    listed = page.partition("接下来可以")[2].partition("</ul>")[0]
    assert listed.count("<li>") >= 1
    assert "！" not in page
    assert f"错误 {code}" in page


def test_error_page_explains_a_domain_error(bare: Flask) -> None:
    error = BadInput("余额只有 %(left)s", rule="实施方案第五条", remedy="改小金额", left="<b>¥1.00</b>")
    page = render_template("errors/409.html", error=error, status=409, **frame())
    assert "余额只有 &lt;b&gt;¥1.00&lt;/b&gt;" in page
    assert "实施方案第五条" in page
    assert "改小金额" in page


class Sample(Form):
    name = StringField("企业名称", [InputRequired("填写企业名称")], description="执照上的全称")
    about = TextAreaField("说明", [Length(max=200)])
    way = RadioField("方式", [InputRequired("选择方式")], choices=choices([("a", "现场"), ("b", "线上")]))
    region = SelectField("地区", choices=choices([("1", "厦门")]))
    paper = UploadField("协议", kinds=(PDF,))
    photos = UploadsField("照片", kinds=(JPEG, PNG))


def test_a_faulty_field_names_its_hint_and_errors(bare: Flask) -> None:
    form = Sample(data={"region": "1"})
    form.validate()
    html = use("forms", "field", "{{ field(form.name) }}", form=form)
    assert 'aria-describedby="name-hint name-error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="name-hint"' in html
    assert 'id="name-error"' in html
    assert "必填" in html


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("field(form.about)", "最多 200 字"),
        ("field(form.about)", "选填"),
        ("field(form.name, kind='money')", 'inputmode="decimal"'),
        ("field(form.paper)", "可上传 PDF；一个文件，不超过 20 MB"),
        ("field(form.paper)", 'accept=".pdf"'),
        ("field(form.photos)", "可上传 JPG、PNG；每个文件不超过 20 MB，一次最多 20 个，一次提交的文件合计不超过 80 MB"),
        ("field(form.photos)", 'data-most-files="20"'),
        ("field(form.way)", 'role="radiogroup"'),
        ("field(form.name, autocomplete='organization')", 'autocomplete="organization"'),
        ("hidden(form, 'abc')", 'name="submission_id" value="abc"'),
        ("submit('提交审核', name='go')", 'name="go" value="1" data-once'),
    ],
)
def test_fields_by_kind(bare: Flask, source: str, expected: str) -> None:
    assert expected in use("forms", "field, hidden, submit", "{{ " + source + " }}", form=Sample(data={"region": "1"}))


def test_error_summary_jumps_to_fields_and_takes_the_verbs_refusals(bare: Flask) -> None:
    form = Sample(data={"region": "1"})
    form.validate()
    fault = Faults([BadInput("金额太大", field="about", remedy="改小"), BadInput("批次已结束")])
    html = use("forms", "error_summary", "{{ error_summary(form, [fault]) }}", form=form, fault=fault)
    assert re.findall(r'href="#([\w-]+)"', html) == ["name", "way-0", "about"]
    assert 'role="alert"' in html
    assert "批次已结束" in html
    assert use("forms", "error_summary", "{{ error_summary(form) }}", form=Sample()) == ""


@pytest.mark.parametrize(("fen", "text"), [(123456, "¥1,234.56"), (-120000, "−¥1,200.00"), (0, "¥0.00"), (None, "—")])
def test_amounts(bare: Flask, fen: int | None, text: str) -> None:
    html = use("figures", "amount", "{{ amount(fen) }}", fen=fen)
    assert text in html
    assert ("back" in html) is (fen is not None and fen < 0)


@pytest.mark.parametrize(("number", "has_back", "has_on"), [(1, False, True), (2, True, True), (3, True, False)])
def test_pagination_keeps_the_filter(bare: Flask, number: int, has_back: bool, has_on: bool) -> None:
    html = use("tables", "pagination", "{{ pagination(page) }}", page=Page([], 128, number))
    links = re.findall(r'<a [^>]*href="([^"]+)"', html)
    assert len(links) == has_back + has_on
    assert all(link.startswith("?state=wait&amp;state=ok&amp;page=") for link in links)


def test_one_page_needs_no_pagination(bare: Flask) -> None:
    assert use("tables", "pagination", "{{ pagination(page) }}", page=Page([], 50, 1)) == ""


def test_cells_carry_their_head_for_the_card(bare: Flask) -> None:
    assert 'data-label="金额"' in use("tables", "td", "{{ td('金额', none, 'number') }}")
    assert "—" in use("tables", "td", "{{ td('金额', none) }}")
    assert ">0</td>" in use("tables", "td", "{{ td('数量', 0) }}")


@pytest.mark.parametrize("tone", ["ok", "wait", "act", "bad", "neutral", "unheard-of"])
def test_a_state_is_word_and_icon_and_colour(bare: Flask, tone: str) -> None:
    html = use("badges", "state", "{{ state('已核销', tone) }}", tone=tone)
    assert "<svg" in html
    assert "已核销" in html
    assert f"state-{tone if tone != 'unheard-of' else 'neutral'}" in html


def test_texts_from_people_are_escaped_everywhere(bare: Flask) -> None:
    context = style_context()
    context["sample"]["facts"] = [("企业", "<script>x</script>")]
    context["sample"]["waiting"][0]["title"] = '"><img src=x onerror=y>'
    page = render_template("style.html", **context, **frame())
    assert "<script>x" not in page
    assert "<img" not in page


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "icons.svg").read_text("utf-8")))
    named = {
        (path.name, name)
        for path in TEMPLATES.rglob("*.html")
        for name in re.findall(r'(?:\b(?:icon|sign)\(|icon=)"([\w-]+)"', path.read_text("utf-8"))
    }
    assert named
    assert {(file, name) for file, name in named if name not in sprite} == set()


def luminance(colour: str) -> float:
    parts = (
        [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        if len(colour) == 7
        else [int(c * 2, 16) / 255 for c in colour[1:]]
    )
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def palettes() -> list[dict[str, str]]:
    css = (ROOT / "static" / "huiqi.css").read_text("utf-8")
    blocks = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block)) for block in re.findall(r"\{([^{}]*)\}", css)]
    return [block for block in blocks if "bad-ground" in block]


def test_the_dark_colours_are_the_same_twice() -> None:
    light, chosen, by_device = palettes()
    assert chosen == by_device != light


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("accent", "ground"), ("accent", "ground-quiet"), ("accent-strong", "accent-ground"), ("on-accent", "accent"), ("on-accent", "accent-strong"),
        ("ink-quiet", "ground"), ("ink-quiet", "ground-quiet"), ("ink-quiet", "ground-strong"), ("ink-quiet", "accent-ground"), ("ok", "ok-ground"), ("wait", "wait-ground"),
        ("act", "act-ground"), ("bad", "bad-ground"), ("bad", "ground"), ("bad", "ground-quiet"), ("bad", "accent-ground"), ("on-bad", "bad"), ("ink", "neutral-ground"),
    ],
)  # fmt: skip
def test_contrast_is_enough_for_text(theme: int, ink: str, ground: str) -> None:
    colours = palettes()[theme]
    pair = sorted((luminance(colours[ink]), luminance(colours[ground])))
    assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5


def test_no_chinese_outside_gettext_in_the_design_system() -> None:
    paths = [
        TEMPLATES / "base.html",
        TEMPLATES / "style.html",
        *(TEMPLATES / "components").glob("*.html"),
        *(TEMPLATES / "errors").glob("*.html"),
    ]
    for path in paths:
        text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r"""\b_\((["']).*?\1""", "", text)
        assert re.findall(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+", text) == [], path.name
