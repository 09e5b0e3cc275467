"""The shell of the workflows. What needs GitHub or a registry is not run."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]

DOCS = "https://github.example/example/auditor/blob/v0.2.0/docs/"

CHANGELOG = """# Changelog

For operators.

## [Unreleased]

- Not released.

## [10.2.0] - 2027-03-01

- A longer version.

## [0.2.0] - 2026-11-30

Back up the database.

### Changed

- This version.

## [0.1.0] - 2026-01-01

- An earlier version.
"""


def steps(name: str, job: str) -> list[dict[str, Any]]:
    """Return the steps of a job of a workflow."""
    workflow = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())
    found: list[dict[str, Any]] = workflow["jobs"][job]["steps"]
    return found


def noted(tmp_path: Path, changelog: str, tag: str) -> subprocess.CompletedProcess[str]:
    """Write the notes of a release as GitHub's shell does."""
    (tmp_path / "CHANGELOG.md").write_text(changelog)
    (script,) = (
        each["run"] for each in steps("release", "package") if ' > "$RUNNER_TEMP/' in str(each)
    )
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path,
        env={
            **os.environ,
            "GITHUB_REF_NAME": tag,
            "GITHUB_REPOSITORY": "example/auditor",
            "GITHUB_SERVER_URL": "https://github.example",
            "RUNNER_TEMP": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_notes_of_a_release_are_the_section_of_its_version(tmp_path):
    done = noted(tmp_path, CHANGELOG, "v0.2.0")
    assert (done.returncode, done.stderr) == (0, "")
    expected = "\nBack up the database.\n\n### Changed\n\n- This version.\n\n"
    assert (tmp_path / "notes.md").read_text() == expected


def test_the_notes_of_0_2_0_are_its_section_of_the_changelog(tmp_path):
    text = (ROOT / "CHANGELOG.md").read_text()
    assert noted(tmp_path, text, "v0.2.0").returncode == 0
    _, _, rest = text.partition("\n## [0.2.0]")
    _, _, section = rest.partition("\n## ")[0].partition("\n")
    assert section
    notes = (tmp_path / "notes.md").read_text()
    assert notes.replace(f"]({DOCS}", "](docs/").rstrip() == section.rstrip()


def test_links_in_the_notes_of_a_release_lead_to_the_files_of_its_tag(tmp_path):
    """The page of a release is in no folder of the repository."""
    text = "[A](docs/a.md#b), [C](https://c.example/docs/) and [D](docs/d.md); not docs/e.md\n"
    assert noted(tmp_path, f"## [0.2.0]\n{text}", "v0.2.0").returncode == 0
    expected = (
        f"[A]({DOCS}a.md#b), [C](https://c.example/docs/) and [D]({DOCS}d.md); not docs/e.md\n"
    )
    assert (tmp_path / "notes.md").read_text() == expected


def test_every_file_that_the_changelog_links_is_in_docs():
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "CHANGELOG.md").read_text())
    assert links
    assert [each for each in links if not each.startswith(("docs/", "https://"))] == []


@pytest.mark.parametrize("tag", ["v0.2", "v0.2.1", "v1.0.0", "v2.0"])
def test_a_version_without_a_section_is_not_released(tmp_path, tag):
    done = noted(tmp_path, CHANGELOG, tag)
    assert done.returncode == 1
    assert done.stderr == f"CHANGELOG.md has no section of {tag}\n"


def test_the_release_gets_these_notes():
    (command,) = (each["run"] for each in steps("release", "package") if "gh release" in str(each))
    assert command.endswith(' --notes-file "$RUNNER_TEMP/notes.md"')


def program(path: Path, script: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/bash\n{script}\n")
    path.chmod(0o755)


def test_the_job_with_all_tests_finds_its_programs_and_its_python_on_ubuntu(tmp_path):
    """The runner has Chromium, and Ubuntu has no package of this name. Its sudo replaces PATH."""
    system, selected = tmp_path / "system", tmp_path / "selected"
    for name in ("bash", "date", "dirname", "env", "touch"):
        program(system / name, f'exec "{shutil.which(name)}" "$@"')
    program(system / "chromium", "")
    program(system / "python3", "echo of the system")
    program(system / "sudo", f'exec env -i PATH="{system}" "$@"')
    installed = " ".join(f'"{system}/{name}"' for name in ("bwrap", "promtool"))
    install = f'touch {installed} && "{shutil.which("chmod")}" +x {installed}'
    program(
        system / "apt-get",
        f'case " $* " in *" chromium "*) exit 100;; *" bubblewrap prometheus "*) {install};; esac',
    )
    program(system / "make", 'echo "$1: $(python3)"')
    program(selected / "python3", "echo of setup-python")
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci/run", tmp_path / ".ci/run")
    printed = ""
    for script in [each["run"] for each in steps("check", "all") if "run" in each]:
        done = subprocess.run(
            [str(shutil.which("bash")), "-e", "-c", script],
            cwd=tmp_path,
            env={"PATH": f"{selected}:{system}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        printed += done.stdout
    for target in ("check", "demo", "test", "test-all"):
        assert f"\n{target}: of setup-python\n" in printed
