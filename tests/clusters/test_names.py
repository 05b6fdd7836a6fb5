"""Path segments."""

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clusters.errors import BadName, ClusterError
from clusters.names import path, segment, unused


@given(st.lists(st.text(), min_size=1))
def test_a_path_is_refused_or_has_exactly_these_segments(segments):
    try:
        found = path(*segments)
    except BadName:
        assert any(not each.isprintable() or set(each) & set("/%?#\\") or each in ("", ".", "..") for each in segments)
        return
    url = urlsplit(f"https://api.example.com:6443{found}")
    assert found.isascii()
    assert (url.path, url.query, url.fragment, url.netloc) == (found, "", "", "api.example.com:6443")
    assert [unquote(each) for each in found.split("/")[1:]] == segments


@pytest.mark.parametrize("name", ["web-1", "system:node", "a.b", "...", "UPPER", "名前", "a b", "a@b", "~", "x" * 253])
def test_names_that_an_object_can_have_pass(name):
    assert segment(name) == name


def test_a_refusal_shows_the_name_made_harmless():
    with pytest.raises(ClusterError) as caught:
        segment("a\nb\x1b[31m")
    assert "\n" not in caught.value.message
    assert "\x1b" not in caught.value.message
    assert (caught.value.reason, caught.value.status) == ("BadName", 0)


def test_a_name_that_is_taken_gets_a_number():
    taken = set()
    assert [unused("a", taken) for _ in range(3)] == ["a", "a-2", "a-3"]
    assert unused("x" * 70, taken) == "x" * 63
    assert unused("x" * 70, taken) == "x" * 58 + "-2"
