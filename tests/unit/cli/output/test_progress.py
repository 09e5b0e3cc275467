"""The progress of a collection without a terminal."""

from auditor.cli.output.stderr import progress


def test_a_collection_is_mentioned_each_time_it_has_grown_by_ten_thousand_rows(capsys):
    with progress("Reading production") as report:
        for collection, rows in (
            ("users", 12_345),
            ("log", 9_000),
            ("log", 11_000),
            ("log", 20_999),
            ("log", 21_001),
        ):
            report(collection, rows)
    assert capsys.readouterr().err.splitlines() == [
        "auditor: users: 12,345 rows",
        "auditor: log: 11,000 rows",
        "auditor: log: 21,001 rows",
    ]
