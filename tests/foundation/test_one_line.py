"""Text on one line: what nobody sees goes, and names that read the same have one key."""

import pytest

from foundation.errors import BadInput
from foundation.one_line import ensure_no_controls, folded, one_line, same_name_key, seen


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\u202a", "\u202e", "\u2060", "\u00ad", "\u200f", "\u3164"])
def test_what_nobody_sees_goes(hidden: str) -> None:
    assert seen(f"厦{hidden}门{hidden}") == one_line(f"{hidden}厦门{hidden}") == "厦门"


@pytest.mark.parametrize("blank", ["  ", "\t", "\r\n", "\u3000", "\u00a0", "\u2028", " \u200b "])
def test_one_blank_stands_for_several(blank: str) -> None:
    assert one_line(f"{blank}Xiamen{blank}Co{blank}") == "Xiamen Co"


@pytest.mark.parametrize("name", ["厦门（集团）有限公司", "喀什买买提·吐尔逊", "𠮷田﨑", "ＡＢＣ，甲", "\ue81e"])
def test_names_stay_as_they_are_typed(name: str) -> None:
    assert one_line(name) == name


def test_widths_and_dashes_fold_in_codes() -> None:
    assert folded("（０５９２）７７０—3700－1／2") == "(0592)770-3700-1/2"


@pytest.mark.parametrize("control", ["\x00", "\x01", "\x1b", "\x1c", "\x7f", "\x9f", "\ud800"])
def test_a_control_character_is_named_with_its_place(control: str) -> None:
    with pytest.raises(BadInput) as caught:
        ensure_no_controls(one_line(f"厦门{control}"))
    assert "第 3 个字符" in caught.value.text()
    assert f"U+{ord(control):04X}" in caught.value.text()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("厦门（集团）有限公司", "厦门(集团) 有限公司"),
        ("喀什买买提·吐尔逊", "喀什买买提・吐尔逊"),
        ("喀什买买提·吐尔逊", "喀什买买提•吐尔逊"),
        ("二〇二六", "二○二六"),
        ("ＡＢ科技", "ab科技\u200b"),
        ("甲—乙", "甲-乙"),
        ("葛\U000e0100城", "葛城"),
    ],
)
def test_names_that_read_the_same_are_equal(one: str, other: str) -> None:
    assert same_name_key(one) == same_name_key(other)


def test_other_names_differ() -> None:
    assert same_name_key("厦门甲公司") != same_name_key("厦门乙公司")
