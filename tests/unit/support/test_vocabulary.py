"""The search for words that the glossary replaces."""

import pytest

from tests.vocabulary import (
    ALLOWED,
    GLOSSARY,
    ROOT,
    forbidden_words,
    hits_in,
    is_allowed,
)

WORDS, PHRASES = frozenset({"told"}), ("put back",)


def found(text: str) -> list[tuple[int, str]]:
    return [(number, word) for number, word, _ in hits_in(text, WORDS, PHRASES)]


@pytest.mark.parametrize("text", ["was told", "TOLD", "asToldBefore", "as_told_before", "Told."])
def test_a_word_is_found_in_prose_and_in_identifiers(text):
    assert found(text) == [(1, "told")]


@pytest.mark.parametrize("text", ["tolds", "untoldly", "stoldet"])
def test_a_part_of_a_word_is_not_found(text):
    assert found(text) == []


def test_a_phrase_is_found_with_its_line():
    assert found("first\nIt is Put back.") == [(2, "put back")]


def test_the_words_and_phrases_are_read_from_the_glossary():
    text = "# Glossary\n`fix`\n## Words we do not use\n`told` · `put back`\nSay instead: `fix`"
    assert forbidden_words(text) == (WORDS, PHRASES)
    words, phrases = forbidden_words(GLOSSARY.read_text())
    assert "told" in words
    assert "put back" in phrases


def test_a_word_is_allowed_only_in_its_file():
    assert is_allowed("Makefile", "stamp")
    assert not is_allowed("Makefile", "told")
    assert not is_allowed("auditor/text.py", "stamp")


def test_each_exception_names_a_path_that_exists():
    assert [path for path in ALLOWED if not (ROOT / path).exists()] == []


def test_each_exception_has_a_reason():
    assert all(reason for words in ALLOWED.values() for reason in words.values())
