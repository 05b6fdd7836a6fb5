"""Log text as inert HTML: colours kept, all else that a terminal would obey made visible or dropped."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ansi import COLORS, to_html
from tests.dashboard.pages import tree

ESC = "\x1b"


def plain(text):
    """What is read of a line."""
    return html.unescape(re.sub(r"<[^>]*>", "", to_html(text)))


@pytest.mark.parametrize("index", range(8))
def test_the_sixteen_colours_in_front_and_behind(index):
    name = COLORS[index]
    for code, kind in (
        (30 + index, f"ansi-{name}"),
        (90 + index, f"ansi-bright-{name}"),
        (40 + index, f"ansi-bg-{name}"),
        (100 + index, f"ansi-bg-bright-{name}"),
    ):
        assert to_html(f"{ESC}[{code}mx{ESC}[0my") == f'<span class="{kind}">x</span>y'


@pytest.mark.parametrize(
    ("codes", "classes"),
    [
        ("1", "ansi-bold"),
        ("1;31", "ansi-bold ansi-red"),
        ("31;32", "ansi-green"),
        ("3;4;9", "ansi-italic ansi-underline ansi-strike"),
        ("38;5;1", "ansi-red"),
        ("38;5;9", "ansi-bright-red"),
        ("48;5;12", "ansi-bg-bright-blue"),
        ("38;5;196", "ansi-bright-red"),
        ("38;2;255;0;0", "ansi-bright-red"),
        ("48;2;0;0;160", "ansi-bg-blue"),
        ("38:2:255:0:0", "ansi-bright-red"),
        ("38:2::255:0:0", "ansi-bright-red"),
        ("38:5:9", "ansi-bright-red"),
        ("4:3", "ansi-underline"),
        ("1;38;5;9;4", "ansi-bold ansi-bright-red ansi-underline"),
    ],
)
def test_looks(codes, classes):
    found = re.match(r'<span class="([^"]*)">x</span>$', to_html(f"{ESC}[{codes}mx"))
    assert found
    assert sorted(found[1].split()) == sorted(classes.split())


@pytest.mark.parametrize("codes", ["", "0", "0;0", "39", "49", "22", "99", "58;5;1", "38", "38;5", "38;2;1", "38;7;1"])
def test_codes_that_set_no_look(codes):
    assert to_html(f"{ESC}[{codes}mx") == "x"


@pytest.mark.parametrize(("codes", "kept"), [("39", "ansi-bold"), ("22", "ansi-red"), ("0", ""), ("", "")])
def test_looks_end_each_by_its_own_code(codes, kept):
    assert to_html(f"{ESC}[1;31m{ESC}[{codes}mx") == (f'<span class="{kept}">x</span>' if kept else "x")


@pytest.mark.parametrize(
    ("name", "sequence"),
    [
        ("cursor", "[10;10H"),
        ("clear", "[2J"),
        ("private mode", "[?25l"),
        ("title", "]0;title\x07"),
        ("title, ended by ST", "]0;title\x1b\\"),
        ("device control", "Pq#0\x1b\\"),
        ("reset", "c"),
        ("character set", "(B"),
    ],
)
def test_what_a_terminal_would_obey_is_dropped(name, sequence):
    assert to_html(f"a{ESC}{sequence}b") == "ab"


def test_a_link_of_osc_8_is_its_text_alone():
    assert to_html(f"{ESC}]8;;https://elsewhere.example{ESC}\\here{ESC}]8;;{ESC}\\!") == "here!"
    assert to_html(f"{ESC}]8;;javascript:alert(1)\x07here{ESC}]8;;\x07") == "here"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "a & b", "\"'", "&lt;", "</span></div>", "<!--", "{{ x }}"]
)
def test_markup_is_text(text):
    assert plain(text) == text
    assert "<" not in to_html(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x00", "\u2400"),
        ("\x07", "\u2407"),
        ("\x08", "\u2408"),
        ("\r", "\u240d"),
        ("\x7f", "\u2421"),
        (ESC, "\u241b"),
        ("\x9b31m", "\u27e8U+009B\u27e931m"),
        ("\u202e", "\u27e8U+202E\u27e9"),
        ("\u2028", "\u27e8U+2028\u27e9"),
        ("\t", "\t"),
    ],
)
def test_control_characters_are_seen(text, shown):
    assert to_html(text) == shown


# Unicode's Bidi_Control characters.
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@pytest.mark.parametrize("character", BIDI)
def test_no_direction_mark_is_obeyed(character):
    assert character not in to_html(f"a{character}b")
    assert f"U+{ord(character):04X}" in to_html(character)


def test_an_unfinished_sequence_hides_nothing_that_follows_on_another_line():
    assert "31" in to_html(f"{ESC}[31")
    assert to_html(f"{ESC}[31mred").endswith("</span>")
    assert plain("next line") == "next line"


PIECES = st.sampled_from(
    [ESC, f"{ESC}[", f"{ESC}[0m", f"{ESC}[1;31m", f"{ESC}[38;5;208m", f"{ESC}[48;2;1;2;3m", f"{ESC}]8;;x\x07", ";", "m",
     "<", ">", "&", '"', "<script>", "</span>", "\x00", "\r", "\n", "\u202e", "a", "9" * 30]
)  # fmt: skip
SPAN = re.compile(r'<span class="ansi-[a-z-]+(?: ansi-[a-z-]+)*">([^<]*)</span>')


@given(st.lists(st.one_of(PIECES, st.text(max_size=5)), max_size=30).map("".join))
def test_whatever_comes_is_balanced_and_holds_no_markup_but_spans_of_ours(text):
    found = to_html(text)
    assert "<" not in SPAN.sub(r"\1", found)
    assert ESC not in found
    assert {element.tag for element in tree(found).walk()} <= {"", "span"}
    assert not any(character in found for character in BIDI)


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))))
def test_ordinary_text_is_read_as_it_is(text):
    assert plain(text) == text


def test_neighbours_of_one_look_are_one_span():
    red, end = f"{ESC}[31m", f"{ESC}[0m"
    assert to_html(f"{red}a{end}{red}b{ESC}[31m{ESC}[22mc{end}") == '<span class="ansi-red">abc</span>'
    assert to_html(f"a{red}{end}b") == "ab"


def test_a_line_of_nothing_but_colours_stays_small():
    line = f"{ESC}[1;2;3;4;9;91;101m" + f"{ESC}[31mx{ESC}[32my" * 1000
    found = to_html(line)
    assert plain(line) == "xy" * 1000
    assert found.endswith("xy" * 500), "what comes late has no colour"
    assert len(found) < 2 * len(line)
