import stat
from pathlib import Path

from auditor.cli.main import run


def test_the_demo_tells_its_story(tmp_path, capsys):
    directory = tmp_path / "demo"
    assert run(["demo", "-d", str(directory)]) == 0
    printed, complaints = capsys.readouterr()
    assert complaints == ""
    one, two = printed.split("Chapter two")
    assert "email-not-login" in one
    for state in ("new", "still open", "✓ RESOLVED  email-not-login", "≠ CHANGED   by Mira Torres"):
        assert state in two
    assert "#provisioning-drift" in two
    report = Path(printed.split("The report\n==========\n\n")[1].split("\n")[0])
    assert report.is_relative_to(directory)
    assert "<html" in report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_the_demo_begins_afresh_each_time(tmp_path, capsys):
    assert run(["demo", "-d", str(tmp_path)]) == 0
    assert run(["demo", "-d", str(tmp_path)]) == 0
    assert "First audit of this target" in capsys.readouterr().out.split("What Slack received")[1]
