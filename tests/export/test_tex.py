"""What TeX would read as a command prints as it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mgmeta.export.tex import ESCAPES, escape, typeset

TYPED = {value: key for key, value in ESCAPES.items()}


def test_commands_are_escaped() -> None:
    assert escape("50% & {x}_1\n#2 \\y") == r"50\% \& \{x\}\_1 \#2 \textbackslash{}y"
    assert typeset(r"\input{/etc/pass}") == r"\textbackslash{}input\{/\allowbreak{}etc/\allowbreak{}pass\}"


def test_symbols_that_the_fonts_lack_become_commands() -> None:
    assert typeset("\u22122.04 (\u22124.77 to \u22120.43), 2\u202f028 people, \u03c4\u00b2 \u2264 1") == (
        r"\ensuremath{-}2.04 (\ensuremath{-}4.77 to \ensuremath{-}0.43), 2\,028 people, "
        r"\ensuremath{\tau}\ensuremath{^2} \ensuremath{\le} 1"
    )
    assert typeset("a_b:c/d") == r"a\_\allowbreak{}b:\allowbreak{}c/\allowbreak{}d"


@given(st.text(st.sampled_from("ab \\{}&%$#_~^\n"), max_size=40))
def test_every_special_character_has_a_backslash_before_it(text: str) -> None:
    left = escape(text)
    for written in sorted(TYPED, key=len, reverse=True):
        left = left.replace(written, "")
    assert not set(left) & set(ESCAPES)
