"""GB 32100-2015: normalising, and a reason of its own for each thing that can be wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.uscc import check_uscc

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = [pow(3, place, 31) for place in range(17)]
LENGTH = "统一社会信用代码应为18位"
LETTERS = "只能使用数字和大写字母，且不含 I、O、S、V、Z"
REGION = "第3至8位（登记机关行政区划码）应为6位数字"
CHECK = "第18位校验码不符"


def with_check(body: str) -> str:
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(body, WEIGHTS, strict=True))
    return body + ALPHABET[(31 - total % 31) % 31]


@pytest.mark.parametrize(
    "code",
    [
        "91110000600037341L",
        " 91110000600037341l\n",
        "９１１１００００６０００３７３４１Ｌ",
        "\u3000９1110000600037341ｌ\u3000",
    ],
)
def test_normalised_before_the_check(code: str) -> None:
    result = check_uscc(code)
    assert (result.input, result.normalised, result.valid, result.reason) == (code, "91110000600037341L", True, None)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", LENGTH),
        ("91110000600037341", LENGTH),
        ("91110000600037341LL", LENGTH),
        ("9111 0000600037341L", LENGTH),
        ("91110000600037341I", LETTERS),
        ("O1110000600037341L", LETTERS),
        ("91110000600037３41ß", LETTERS),
        ("9111000060003734①L", LETTERS),
        ("91١10000600037341L", LETTERS),
        ("9111A000600037341L", REGION),
        ("91110000600037341M", CHECK),
        ("91110000600037431L", CHECK),
    ],
)
def test_each_fault_has_its_own_reason(code: str, reason: str) -> None:
    result = check_uscc(code)
    assert not result.valid
    assert result.reason == reason


def test_a_sum_that_divides_evenly_has_check_character_zero() -> None:
    codes = (with_check(f"91110000MA00000{ten}{one}") for ten in ALPHABET for one in ALPHABET)
    code = next(code for code in codes if code.endswith("0"))
    assert check_uscc(code).valid


bodies = st.tuples(
    st.text(ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=9, max_size=9),
).map("".join)


@given(bodies)
def test_every_well_made_code_is_valid_also_with_letters_in_front(body: str) -> None:
    assert check_uscc(with_check(body)).valid
    assert check_uscc(with_check(body).lower()).valid


@given(bodies, st.integers(8, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_found(body: str, place: int, char: str) -> None:
    code = with_check(body)
    changed = code[:place] + char + code[place + 1 :]
    assert check_uscc(changed).valid is (changed == code)


@given(st.text())
def test_anything_typed_gets_an_answer(text: str) -> None:
    result = check_uscc(text)
    assert result.valid is (result.reason is None)
