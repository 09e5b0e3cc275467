"""The check of links finds each kind of broken link, and nothing else."""

import pytest

from tests.links import ROOT, broken_links, pages

PAGE = """\
# One page

## What `it` is

## Twice
## Twice

```console
# not a heading
[not a link](nowhere.md)
```
<a id="made"></a>
"""


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("[a](page.md)", None),
        ("[a](page.md#what-it-is)", None),
        ("[a](page.md#twice-1)", None),
        ("[a](page.md#made)", None),
        ("[a](https://example.com/none#none)", None),
        ("`[a](none.md)`", None),
        ("[a](none.md)", "no such file"),
        ("![a](none.png)", "no such file"),
        ("[a]: none.md", "no such file"),
        ("[a](page.md#not-a-heading)", "no such heading"),
        ("[a](page.md#twice-2)", "no such heading"),
        ("[a](#none)", "no such heading"),
    ],
)
def test_a_broken_link_is_found(tmp_path, link, reason):
    (tmp_path / "page.md").write_text(PAGE)
    page = tmp_path / "other.md"
    page.write_text(f"{link}\n")
    assert [why for _, why in broken_links(page)] == ([reason] if reason else [])


def test_no_link_of_the_repository_is_broken():
    every = pages()
    assert ROOT / "README.md" in every
    assert {page.name: list(broken_links(page)) for page in every if list(broken_links(page))} == {}
