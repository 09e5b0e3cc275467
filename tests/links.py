"""Check the links between the Markdown files: each file and each heading that a link names exists.

``python -m tests.links`` prints each broken link as ``path: target: reason`` and ends with 1 when
there are any. Links to other hosts are not requested.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
ANCHOR = re.compile(r"<a (?:id|name)=\"([^\"]+)\"")
BLOCK = re.compile(r"^(`{3,}|~{3,}).*?^\1\s*$", re.MULTILINE | re.DOTALL)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")


def broken_links(page: Path) -> Iterator[tuple[str, str]]:
    """Yield each broken link of a page, with the reason."""
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for target in (*INLINE.findall(text), *REFERENCE.findall(text)):
        if SCHEME.match(target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            yield target, "no such file"
        elif not file.is_relative_to(ROOT) and page.is_relative_to(ROOT):
            yield target, "outside of the repository"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield target, "no such heading"


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page, as GitHub forms them from its headings."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    found: dict[str, int] = {}
    for heading in HEADING.findall(text):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        found[slug] = found.get(slug, -1) + 1
    numbered = {f"{slug}-{number}" for slug, last in found.items() for number in range(1, last + 1)}
    return frozenset({*found, *numbered, *ANCHOR.findall(text)})


def pages() -> list[Path]:
    """Return the Markdown files of the repository."""
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md")
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).exists()]


def main() -> int:
    """Print the broken links of all pages. Returns the exit code."""
    count = 0
    for page in pages():
        for target, reason in broken_links(page):
            print(f"{page.relative_to(ROOT)}: {target}: {reason}")
            count += 1
    print(f"links: {count} broken")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
