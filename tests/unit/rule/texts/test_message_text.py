"""Values of bounded length in messages."""

from hypothesis import given
from hypothesis import strategies as st

from auditor.rule.texts.message_text import MAX_VALUE_LENGTH, shorten


def test_a_long_value_loses_whole_words_of_its_middle():
    error = "Unable to update Group Push mapping target App group: 404 Not Found"
    assert shorten(error) == "Unable to update Group … group: 404 Not Found"


def test_an_id_without_spaces_keeps_both_ends():
    assert shorten("0oa" + "x" * 60 + "end", 11) == "0oaxx…xxend"


def test_a_short_value_stays_as_it_is():
    assert shorten("404 Not Found") == "404 Not Found"


@given(st.text(alphabet="ab 0…\n", max_size=120), st.integers(8, 60))
def test_it_is_never_longer_than_the_limit(value, most):
    assert len(shorten(value, most)) <= most
    assert len(shorten(value)) <= MAX_VALUE_LENGTH
