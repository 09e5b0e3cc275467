"""Free text and expressions without names, for ``privacy = "ids"``. Pure."""

import re
from collections.abc import Callable

from auditor.domain.log_text.failure_reasons import FailureReason, classify
from auditor.domain.log_text.setting_notes import KNOWN_NOTES

_LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_PLACEHOLDER = re.compile(r"(\$\{(?:[^{}'\"]|'[^']*'|\"[^\"]*\")*\})")
# The limits of white space keep the time linear in the length of the text.
_WORD = re.compile(r"[^\W\d]\w*(?:\s{0,20}\.\s{0,20}[^\W\d]\w*)*")
"""A dotted name outside of literals: ``user.login``."""

_KEPT_ROOTS = frozenset(
    {
        *("user", "source", "appuser", "app", "target", "org", "idpuser", "session", "device"),
        *("String", "Arrays", "Convert", "Iso3166Convert", "Time", "Groups", "DateTime"),
    }
)
"""Prefixes of documented names of the expression language. The name of an attribute follows."""

_KEPT_WORDS = frozenset(
    {
        *("true", "false", "null", "and", "or", "not", "eq", "ne", "lt", "le", "gt", "ge"),
        *("matches", "fn", "hasDirectoryUser", "hasWorkdayUser", "findDirectoryUser"),
        *("findWorkdayUser", "getManagerUser", "getManagerAppUser", "getManagerUpn"),
        *("getAssistantUser", "getAssistantAppUser", "getFilteredGroups", "isMemberOfGroup"),
        *("isMemberOfAnyGroup", "isMemberOfGroupName", "isMemberOfGroupNameStartsWith"),
        *("isMemberOfGroupNameContains", "isMemberOfGroupNameRegex"),
    }
)
"""Documented words of the expression language. Every other word can be a name."""

_KEPT_LITERALS = frozenset({"work", "home", "other", "true", "false"})
"""Values of Okta's default expressions; they name no user."""

_MAX_KEPT = 1
"""Characters of a literal that is kept in any case: separators."""


class MaskedText:
    """Replaces literals and unknown words of expressions by hashes. Equal ones stay equal."""

    def __init__(self, digest: Callable[[str], str]) -> None:
        self._digest = digest

    def expression(self, text: str | None) -> str | None:
        """Return an expression with masked literals; ``${…}`` makes it a template."""
        if text and "${" in text:
            return self.template(text)
        return text and self._code(text)

    def template(self, text: str | None) -> str | None:
        """Return a template whose text outside of ``${…}`` is masked too."""
        if not text or "${" not in text:
            return self.expression(text)
        parts = _PLACEHOLDER.split(text)
        return "".join(
            f"${{{self._code(part[2:-1])}}}" if part.startswith("${") else self._mask(part)
            for part in parts
        )

    def _code(self, text: str) -> str:
        """Mask the literals, and each word between them that is not of the language."""
        parts: list[str] = []
        end = 0
        for literal in _LITERAL.finditer(text):
            parts += (self._words(text[end : literal.start()]), self._masked(literal[0]))
            end = literal.end()
        return "".join((*parts, self._words(text[end:])))

    def _words(self, code: str) -> str:
        def masked(found: re.Match[str]) -> str:
            word = found[0]
            root = word.partition(".")[0].strip()
            # After a closing bracket, the word is an attribute or a method of a computed value.
            before = code[max(0, found.start() - 20) : found.start()]
            is_attribute = before.rstrip().endswith((").", "]."))
            if root in _KEPT_ROOTS or word in _KEPT_WORDS or is_attribute:
                return word
            return f"masked_{self._digest(word)[:8]}"

        return _WORD.sub(masked, code)

    def _masked(self, literal: str) -> str:
        quote = literal[0]
        return f"{quote}{self._mask(literal[1:-1])}{quote}"

    def _mask(self, text: str) -> str:
        if len(text) <= _MAX_KEPT or text in _KEPT_LITERALS:
            return text
        return f"masked-{self._digest(text)[:8]}"


def classified(reason: str | None) -> str | None:
    """Return the text of the code of a reason; an absent reason stays absent."""
    code = classify(reason)
    return None if code is FailureReason.NONE else code.value


def safe_note(note: str | None) -> str | None:
    """Return a custom message of Okta that is known to name no user; otherwise ``None``."""
    return note if note and note.strip().lower() in KNOWN_NOTES else None
