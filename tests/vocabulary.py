"""Search the repository for words that the glossary replaces, and for modules that share a name.

``python -m tests.vocabulary`` prints each hit as ``path:line: word: text`` and ends with 1 when
there are any. With paths as arguments, it checks only those. The words are those of the section
"Words we do not use" in docs/glossary.md, with their inflected forms. Identifiers are split, and
whole words are compared.
"""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GLOSSARY = ROOT / "docs" / "glossary.md"
HEADING = "## Words we do not use"

CHECKED = (
    "auditor",
    "rules",
    "templates",
    "tests",
    "deploy",
    "docs",
    "Makefile",
    ".ci",
    ".importlinter",
    "pyproject.toml",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
)
"""The parts of the repository that are checked: folders and files."""

SUFFIXES = {
    ".py",
    ".md",
    ".toml",
    ".json",
    ".yaml",
    ".yml",
    ".j2",
    ".css",
    ".js",
    ".cfg",
    ".ini",
    ".sh",
}
NAMES = {"Makefile", ".importlinter", "run"}
"""Files without a suffix that are checked too."""

ALLOWED: dict[str, dict[str, str]] = {
    "Makefile": {"stamp": "make calls a file whose only purpose is its time a stamp file"},
    "rules/": {"whom": 'a plain relative pronoun, as in "users whom SCIM does not manage"'},
    "templates/": {"dark": "the name of a colour scheme in CSS"},
    "auditor/sandbox/faults/refusals.py": {"looking": "the text that Unleash sends"},
    "auditor/sandbox/unleash/app.py": {"looking": "the text that Unleash sends"},
    "tests/e2e/test_checkout.py": {"stamp": "the stamp file of the Makefile"},
    "tests/integration/deploy/test_supply_chain.py": {"stamp": "the stamp file of the Makefile"},
    "tests/integration/publish/test_report_browser.py": {"dark": "a theme of the page, as in CSS"},
    "tests/integration/sandbox/test_faults.py": {"looking": "the text that Unleash sends"},
    "tests/vocabulary.py": {
        "say": "the heading of the glossary's replacements",
        "stamp": "names the word that the Makefile may use",
        "whom": "names the word that the rules may use",
        "told": "an example in a test",
        "looking": "a word in a text that Unleash sends",
        "dark": "names the theme that a test of the page may use",
        "put back": "an example in a test",
    },
    "tests/unit/support/test_vocabulary.py": dict.fromkeys(
        ("told", "say", "put back", "stamp"), "the example of a word that is not used"
    ),
}
"""A path, or the start of one, to the words that may stand there, each with the reason."""

SHARED_NAMES_ALLOWED = ("auditor/sandbox/", "auditor/cli/commands/")
"""The sandbox mirrors the APIs that it simulates; a command is called as users type it."""

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def forbidden_words(glossary: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the single words, and the phrases of several words, that must not be used."""
    section = glossary.partition(HEADING)[2].partition("Say instead")[0]
    entries = [entry.strip().lower() for entry in re.findall(r"`([^`]+)`", section)]
    words = {entry for entry in entries if " " not in entry}
    return frozenset(words), tuple(entry for entry in entries if " " in entry)


def checked_files(parts: Iterable[str] = CHECKED) -> Iterator[Path]:
    """Yield the tracked files of the checked parts that contain code or text."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *parts],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in sorted(set(listed.stdout.splitlines())):
        path = ROOT / name
        if (path.suffix in SUFFIXES or path.name in NAMES) and path.is_file() and path != GLOSSARY:
            yield path


def hits_in(
    text: str, words: frozenset[str], phrases: tuple[str, ...]
) -> Iterator[tuple[int, str, str]]:
    """Yield the number of the line, the word and the line for each hit."""
    for number, line in enumerate(text.splitlines(), start=1):
        found = {word.lower() for word in WORD.findall(line)} & words
        lower = line.lower()
        found |= {phrase for phrase in phrases if phrase in lower}
        for word in sorted(found):
            yield number, word, line.strip()


def is_allowed(name: str, word: str) -> bool:
    """Return whether the allow-list permits a word in a file."""
    return any(name.startswith(start) and word in words for start, words in ALLOWED.items())


def shared_module_names() -> Iterator[str]:
    """Yield a line for each name that two modules of the package share."""
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "auditor").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if path.name != "__init__.py" and not name.startswith(SHARED_NAMES_ALLOWED):
            by_name[path.name].append(name)
    for names in by_name.values():
        if len(names) > 1:
            yield f"modules that share a name: {', '.join(names)}"


def problems(parts: Iterable[str] = ()) -> Iterator[str]:
    """Yield every problem of these paths as one line; without paths, of all checked parts."""
    words, phrases = forbidden_words(GLOSSARY.read_text())
    asked = tuple(parts)
    for path in checked_files(asked or CHECKED):
        name = path.relative_to(ROOT).as_posix()
        for number, word, line in hits_in(path.read_text(errors="replace"), words, phrases):
            if not is_allowed(name, word):
                yield f"{name}:{number}: {word}: {line[:120]}"
    if not asked:
        yield from shared_module_names()


def main(parts: Iterable[str] = ()) -> int:
    """Print the problems; return 1 when there are any."""
    found = list(problems(parts))
    for line in found:
        print(line)
    print(f"vocabulary: {len(found)} hits")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
