"""What is taken for a token in what somebody pasted."""

import pytest

from dashboard.pasting import MOST_PASTED, NotTaken, token_in


@pytest.mark.parametrize(
    "pasted",
    [
        "a.b.c",
        "  a.b.c\n",
        "Bearer a.b.c",
        "bearer \t a.b.c",
        "Authorization: Bearer a.b.c",
        "authorization :bearer\na.b.c",
        '"a.b.c"',
        "'Bearer a.b.c'",
        "a.\n  b.\n  c",
        "a.\u200bb.\ufeffc",
    ],
)
def test_the_token_is_what_remains(pasted):
    assert token_in(pasted) == "a.b.c"


def test_a_token_that_begins_like_the_scheme_is_whole():
    assert token_in("bearer.b.c") == "bearer.b.c"


@pytest.mark.parametrize(
    "pasted",
    ["x" + " " * MOST_PASTED + "x", "bearer" + " " * MOST_PASTED, "authorization" * MOST_PASTED, "x" * MOST_PASTED],
)
def test_far_more_than_a_token_is_refused_as_too_long(pasted):
    with pytest.raises(NotTaken) as caught:
        token_in(pasted)
    assert caught.value.problem.title == "This is too long for a token"
