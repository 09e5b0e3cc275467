"""The mutants: each is a different function, and text is not changed."""

from textwrap import dedent

import pytest

from tests.mutation.mutants import mutants


def made_of(tmp_path, text: str) -> list[tuple[str, str]]:
    path = tmp_path / "rule.py"
    path.write_text(dedent(text))
    return [(mutant.before, mutant.after) for mutant in mutants(path)]


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("x = a == b", [("a == b", "a != b")]),
        ("x = a < b", [("a < b", "a <= b"), ("a < b", "a >= b")]),
        ("x = a and b", [("a and b", "a or b")]),
        ("x = not a", [("not a", "a")]),
        ("x = a + 1", [("a + 1", "a - 1"), ("1", "2")]),
        ("x = any(a)", [("any(a)", "all(a)")]),
        ("x = True", [("True", "False")]),
        ("x = [b for b in a if b.c]", [("for b in a if b.c", "for b in a if not b.c")]),
        ("return a", [("return a", "return None")]),
        ("yield a", [("(yield a)", "(yield None)")]),
        ("a.append(b)", [("a.append(b)", "pass")]),
        ("assert_never(a)", []),
        ("return None", []),
        ("x: int | None = a", []),
        ("x = f'{a:>10} is 1 of many'", []),
        ('"""Prose with 1 == 2."""', []),
    ],
)
def test_each_kind_of_fault_is_generated_and_no_other(tmp_path, line, faults):
    assert made_of(tmp_path, f"def f(a, b):\n    {line}\n") == faults


def test_a_condition_without_a_comparison_is_negated(tmp_path):
    text = """
        def f(a):
            while a:
                if a.b:
                    continue
                break
    """
    assert sorted(made_of(tmp_path, text)) == [
        ("break", "continue"),
        ("continue", "break"),
        ("if a.b:", "if not a.b:"),
        ("while a:", "while not a:"),
    ]


def test_code_that_runs_on_import_is_not_changed(tmp_path):
    assert made_of(tmp_path, "A = 1 + 1\n\n\ndef f(a=1 + 1):\n    pass\n") == []


def test_a_mutant_can_replace_the_original_function(tmp_path):
    path = tmp_path / "rule.py"
    path.write_text("class Rule:\n    def holds(self, a, b):\n        return a < b\n")
    space: dict[str, type] = {}
    exec(path.read_text(), space)
    holds = space["Rule"].holds  # type: ignore[attr-defined]  # made by the mutant's text
    reported = []
    for mutant in mutants(path):
        assert str(mutant).startswith("rule.Rule.holds: ")
        holds.__code__ = mutant.code
        reported.append([holds(None, a, 2) for a in (1, 2, 3)])
    assert reported == [[None] * 3, [True, True, False], [False, True, True]]
