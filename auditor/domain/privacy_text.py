"""Free text and expressions without names, for ``privacy = "ids"``. Pure."""

import re
from collections.abc import Callable

from auditor.domain.log_text.failure_reasons import FailureReason, classify
from auditor.domain.log_text.setting_notes import KNOWN_NOTES

_LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
_PLACEHOLDER = re.compile(r"(\$\{(?:[^{}'\"]|'[^']*'|\"[^\"]*\")*\})")
_KEPT_LITERALS = frozenset({"work", "home", "other", "true", "false"})
"""Values of Okta's default expressions; they name no user."""

_MAX_KEPT = 1
"""Characters of a literal that is kept in any case: separators."""


class MaskedText:
    """Replaces the literals of expressions by digests. Equal literals stay equal."""

    def __init__(self, digest: Callable[[str], str]) -> None:
        self._digest = digest

    def expression(self, text: str | None) -> str | None:
        """Return an expression with masked literals; ``${…}`` makes it a template."""
        if text and "${" in text:
            return self.template(text)
        return text and _LITERAL.sub(lambda found: self._masked(found[0]), text)

    def template(self, text: str | None) -> str | None:
        """Return a template whose text outside of ``${…}`` is masked too."""
        if not text or "${" not in text:
            return self.expression(text)
        parts = _PLACEHOLDER.split(text)
        return "".join(
            _LITERAL.sub(lambda found: self._masked(found[0]), part)
            if part.startswith("${")
            else self._mask(part)
            for part in parts
        )

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
