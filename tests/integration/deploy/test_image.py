"""The steps of the Dockerfile work. Without a container engine, bubblewrap runs them.

The machine's own system replaces the base image, and folders replace the paths that a stage writes.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.deploy.cage import DOCKERFILE, need_cages, shared_system
from tests.support.peers.processes import PATIENCE

ROOT = DOCKERFILE.parents[1]
WRITTEN = ("build", "opt", "var", "base")
"""The folders of the root that the stages write; `base` holds the `python` of the base image."""


@pytest.fixture(scope="module", autouse=True)
def _caged() -> None:
    need_cages()


class Stage:
    """One stage of the Dockerfile, which runs below a folder."""

    def __init__(self, name: str, root: Path) -> None:
        self.name = name
        self.root = root
        self.work = "/"
        self.environ: dict[str, str] = {}
        for each in WRITTEN:
            (root / each).mkdir()
        subprocess.run([sys.executable, "-m", "venv", root / "base"], check=True)
        if os.geteuid() != 0:  # only root can give a file to another user
            (root / "base/bin/chown").symlink_to("/bin/true")

    def run(self, **arguments: str) -> None:
        """Execute all its instructions, with build arguments."""
        for word, rest in self._instructions():
            match word:
                case "ARG":
                    name, _, default = rest.partition("=")
                    self.environ[name] = arguments.get(name, default.strip('"'))
                case "ENV":
                    self.environ |= dict(re.findall(r"(\w+)=(\S+)", rest.replace("$PATH", "")))
                case "WORKDIR":
                    self.work = rest
                case "COPY" if not rest.startswith("--from="):
                    self._copy(*rest.split())
                case "RUN":
                    done = self.shell(rest)
                    assert done.returncode == 0, f"{rest}\n{done.stdout}\n{done.stderr}"

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a shell command in it."""
        words = ["bwrap", "--die-with-parent", *shared_system(), "--proc", "/proc", "--dev", "/dev"]
        words += ["--tmpfs", "/tmp"]
        for each in WRITTEN:
            words += ["--bind", str(self.root / each), f"/{each}"]
        path = f"/base/bin:{os.defpath}"
        for name, value in {**self.environ, "PATH": path, "HOME": "/tmp"}.items():
            words += ["--setenv", name, value]
        work = self.work if Path(self.work).parts[1:2] == ("build",) else "/"
        words += ["--chdir", work, "sh", "-c", command]
        return subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=10 * PATIENCE
        )

    def _instructions(self) -> Iterator[tuple[str, str]]:
        text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
        text = text.replace("\\\n", " ")
        (stage,) = re.findall(
            rf"^FROM \S+ AS {self.name}\n(.*?)(?=^FROM |\Z)", text, re.MULTILINE | re.DOTALL
        )
        for line in filter(None, stage.splitlines()):
            word, _, rest = line.partition(" ")
            yield word, rest

    def _copy(self, source: str, target: str) -> None:
        place = self.root / self.work.lstrip("/") / target.removeprefix("./")
        if target.startswith("/"):
            place = self.root / target.lstrip("/")
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            copies = (place, *place.rglob("*"))
        else:
            copies = (Path(shutil.copy(ROOT / source, place)),)
        # as in a clone that was made under umask 077
        for each in copies:
            each.chmod(each.stat().st_mode & 0o700)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Stage:
    """The first stage, with an extra."""
    stage = Stage("build", tmp_path_factory.mktemp("build"))
    stage.run(EXTRAS="s3")
    return stage


def test_the_build_installs_the_lock_and_an_extra_and_leaves_no_pip(built):
    version = built.shell("/opt/auditor/bin/auditor --version")
    assert re.fullmatch(r"auditor \d+\.\d+\.\d+\n", version.stdout), version.stderr
    python = "/opt/auditor/bin/python"
    assert built.shell(f"{python} -c 'import s3fs'").returncode == 0
    assert "No module named pip" in built.shell(f"{python} -m pip --version").stderr
    for package in ("app/auditor", "lib"):
        sources = {*(built.root / "opt/auditor" / package).rglob("*.py")}
        compiled = {
            each.parents[1] / f"{each.name.partition('.')[0]}.py"
            for each in (built.root / "opt/auditor" / package).rglob("*.pyc")
        }
        # A few libraries have files that are not Python 3.
        assert len(sources - compiled) < len(sources) / 100


def test_the_user_of_the_image_can_read_the_product(built):
    opt = built.root / "opt/auditor"
    files = {each for each in opt.rglob("*") if not each.is_symlink()}
    assert {opt / "app/auditor/__main__.py", opt / "app/rules"} <= files
    for each in files:
        permitted = 0o5 if each.is_dir() or each.name == "auditor" else 0o4
        assert each.stat().st_mode & permitted == permitted, each


def test_the_last_stage_removes_the_pip_of_the_base_image(tmp_path):
    stage = Stage("runtime", tmp_path)
    import ensurepip

    # A copy that can be deleted; it comes before the one of the machine.
    copy = tmp_path / "base/first/ensurepip"
    shutil.copytree(Path(ensurepip.__file__).parent, copy)
    stage.environ["PYTHONPATH"] = "/base/first"
    assert stage.shell("python -m pip --version").returncode == 0
    stage.run()
    assert "No module named pip" in stage.shell("python -m pip --version").stderr
    assert not copy.exists()


def test_the_user_of_the_image_owns_its_working_directory(tmp_path):
    stage = Stage("runtime", tmp_path)
    stage.environ["PYTHONPATH"] = "/base/first"
    (tmp_path / "base/first/ensurepip").mkdir(parents=True)
    (tmp_path / "base/first/ensurepip/__init__.py").touch()
    stage.run()
    place = tmp_path / stage.work.lstrip("/")
    assert place.is_dir()
    if os.geteuid() == 0:
        assert (place.stat().st_uid, place.stat().st_gid) == (10001, 10001)


def test_the_engine_gets_only_what_the_dockerfile_copies():
    lines = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line[:1] not in {"", "#"}
    ]
    copied = re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE.read_text(), re.MULTILINE)
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == set(copied)
