"""Reading input strictly and telling errors in one line."""

from decimal import Decimal
from pathlib import Path

import pytest
from click.exceptions import Exit

import cli.inputs
from cli.inputs import command_errors, error_line, print_json, read_json
from foundation.errors import BadInput, Conflict, Faults, NotFound

CATALOGUE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "最多 %(count)s 个"
msgstr "at most %(count)s"
"""


def test_numbers_with_a_point_stay_exact(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('\ufeff{"a": 0.1, "b": [1, null, true, "\\u4e2d"]}', encoding="utf-8")
    assert read_json(file) == {"a": Decimal("0.1"), "b": [1, None, True, "中"]}


@pytest.mark.parametrize("text", ["", "{", "{'a': 1}", '{"a": 1, "a": 2}', "[NaN]", "[-Infinity]", "[1,]", "1 2"])
def test_what_is_not_strict_json_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput):
        read_json(file)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_json(tmp_path)


def test_errors_are_told_in_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = tmp_path / "messages.po"
    catalogue.write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setattr(cli.inputs, "_CATALOGUE", catalogue)
    error = BadInput("最多 %(count)s 个", field="a.b", count=3)
    assert error_line(error, "in.json") == "in.json: a.b: at most 3"
    assert error_line(Faults([error, BadInput("two\nlines")])) == "a.b: at most 3; two lines"


def test_words_of_ours_in_an_error_are_english_too_but_not_what_was_typed() -> None:
    error = BadInput("%(label)s %(typed)s", label="独立法人", typed="独立法人")
    assert error_line(error) == "Independent legal person 独立法人"


def test_an_option_stands_in_place_of_the_field(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Exit), command_errors(option="--rate"):
        raise BadInput("too much", field="rate")
    assert capsys.readouterr().err == "--rate: too much\n"


def test_an_error_line_sends_no_half_characters_or_escapes() -> None:
    assert error_line(BadInput("x", field="a\ud800\x1b[1m")) == "a\\ud800\\x1b[1m: x"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInput("x"), 2),
        (NotFound("x"), 2),
        (Conflict("x"), 1),
        (Faults([Conflict("x"), BadInput("y")]), 2),
    ],
)
def test_exit_codes(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    @command_errors("file")
    def fail() -> None:
        raise error

    with pytest.raises(Exit) as caught:
        fail()
    assert caught.value.exit_code == code
    assert capsys.readouterr().err.startswith("file: x")


def test_json_is_utf8_with_plain_numbers(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json({"中": [Decimal(5), Decimal("2.50"), "1.00"]})
    assert capfdbinary.readouterr().out.decode().split() == ["{", '"中":', "[", "5,", "2.5,", '"1.00"', "]", "}"]
