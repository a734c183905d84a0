"""Every string of a page is visible and harmless wherever it lands."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.text import MAX_CHARACTERS, Packed, page_json, visible

HOSTILE = [
    "{{7*191}}",
    "{% raw %}{# x #}",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script><!--",
    "`${alert(1)}`",
    "'\"\\'; alert(1)//",
    "\\u003cimg\\u003e",
    "__proto__",
]
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


@pytest.mark.parametrize("text", HOSTILE)
def test_a_reader_of_the_json_gets_the_text_itself(text: str) -> None:
    assert json.loads(page_json({"name": text})) == {"name": text}


@given(st.text(max_size=60))
def test_nothing_in_a_string_means_anything_to_html_script_or_template(text: str) -> None:
    written = page_json([text])
    assert written.isascii()
    assert json.loads(written) == [visible(text)]
    inside = "".join(LITERAL.findall(written))
    assert not set("<>&'`${}%#") & set(inside)
    assert re.fullmatch(r"(?:[^\\\"]|\\u[0-9a-f]{4})*", inside)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("ab<{\"\\'", max_size=5),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("k<{", max_size=3), inner, max_size=4),
        max_leaves=12,
    )
)
def test_values_come_back_as_they_went_in(value: object) -> None:
    assert json.loads(page_json(value)) == value


def test_what_would_hide_is_shown() -> None:
    assert visible("AB\x00C\x1f\x7f") == "AB\u2400C\u241f\u2421"
    assert visible("evil\u202egnp.exe\u2066\u200b\ufeff") == "evil⟦U+202E⟧gnp.exe⟦U+2066⟧⟦U+200B⟧⟦U+FEFF⟧"
    assert visible("\u3164\U000e0041\u0085\u2028") == "⟦U+3164⟧⟦U+E0041⟧⟦U+0085⟧⟦U+2028⟧"
    assert visible("SEA\u00a0QUEEN 海王 Ωmega é") == "SEA\u00a0QUEEN 海王 Ωmega é"


def test_a_text_of_megabytes_is_cut_and_says_so() -> None:
    shown = visible("x" * 3_000_000)
    assert shown == "x" * MAX_CHARACTERS + "… (+2999500 characters)"
    assert json.loads(page_json(Packed("A" * 3000))) == "A" * 3000


def test_numbers_that_json_lacks_become_null_and_strangers_are_refused() -> None:
    assert json.loads(page_json([float("nan"), float("inf"), 1.5, (1, 2)])) == [None, None, 1.5, [1, 2]]
    with pytest.raises(TypeError, match="a page cannot hold a set"):
        page_json({"x": {1}})
