"""How far collecting has come, where nobody watches."""

from auditor.cli.output.stderr import progress


def test_a_log_mentions_a_collection_whenever_it_has_grown_much(capsys):
    with progress("Looking") as report:
        for collection, rows in (
            ("users", 12_345),
            ("log", 9_000),
            ("log", 11_000),
            ("log", 20_999),
            ("log", 21_001),
        ):
            report(collection, rows)
    assert capsys.readouterr().err.splitlines() == [
        "users: 12,345 rows",
        "log: 11,000 rows",
        "log: 21,001 rows",
    ]
