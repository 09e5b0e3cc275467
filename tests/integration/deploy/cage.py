"""A pod without a cluster: bubblewrap applies the limits of the manifest and the image."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.peers.processes import PATIENCE

DOCKERFILE = Path(__file__).parents[3] / "deploy/Dockerfile"
DEPENDENCIES = "/opt/auditor/lib"
IN_ROOT = ("bin", "lib", "lib32", "lib64", "sbin")
FROM_ETC = ("ld.so.cache", "localtime", "nsswitch.conf", "resolv.conf", "hosts", "ssl")


@dataclass(frozen=True)
class Image:
    """The last stage of the Dockerfile, and the folders that replace its file system."""

    app: Path
    """The folder of the installed product, with `auditor`, `rules` and `templates`."""

    @property
    def user(self) -> tuple[int, int]:
        (found,) = re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE.read_text(), re.MULTILINE)
        return int(found[0]), int(found[1])

    @property
    def work(self) -> str:
        folders: list[str] = re.findall(r"^WORKDIR (\S+)$", DOCKERFILE.read_text(), re.MULTILINE)
        return folders[-1]

    @property
    def environ(self) -> dict[str, str]:
        stage = DOCKERFILE.read_text().partition(" AS runtime\n")[2].partition("\nFROM ")[0]
        last = stage.replace("\\\n", " ")
        lines = re.findall(r"^ENV (.*)$", last, re.MULTILINE)
        variables = dict(re.findall(r"(\w+)=(\S+)", " ".join(lines)))
        return {**variables, "PATH": "/usr/bin:/bin", "HOME": "/"}


@dataclass(frozen=True)
class Pod:
    """One container of a manifest, with folders as its volumes."""

    image: Image
    spec: dict[str, Any]
    volumes: Mapping[str, Path]

    @property
    def user(self) -> tuple[int, int]:
        context = self.spec["securityContext"]
        return context["runAsUser"], context["runAsGroup"]

    @property
    def container(self) -> dict[str, Any]:
        (only,) = self.spec["containers"]
        assert isinstance(only, dict)
        return only

    @property
    def writable(self) -> set[str]:
        """Return the paths that the manifest makes writable."""
        mounts = self.container["volumeMounts"]
        return {each["mountPath"] for each in mounts if not each.get("readOnly")}

    def command(self, *words: str) -> list[str]:
        """Return a command that runs `python -m auditor WORDS` as the kubelet would."""
        return [*self._cage(), *self._python(), "-m", "auditor", *words]

    def python(self, code: str) -> str:
        """Return what code prints in the container."""
        return _done([*self._cage(), *self._python(), "-c", code], code=0).stdout

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return _done(self.command(*words))

    @contextmanager
    def running(self, *words: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
        """Run it in the background; yield it and the id of its first process."""
        ours, theirs = os.pipe()
        command = self.command(*words)
        command[1:1] = ["--info-fd", str(theirs)]
        with subprocess.Popen(
            command, pass_fds=[theirs], stderr=subprocess.PIPE, text=True
        ) as process:
            os.close(theirs)
            with os.fdopen(ours) as variables:
                first = json.load(variables)["child-pid"]
            try:
                yield process, first
            finally:
                process.kill()

    def give(self) -> None:
        """Change the group of the volumes to that of the manifest, as the kubelet does."""
        if os.geteuid() != 0:
            return
        group = self.spec["securityContext"]["fsGroup"]
        modes = {each["name"]: _mode(each) for each in self.spec["volumes"]}
        for name, folder in self.volumes.items():
            for path in (folder, *folder.rglob("*")):
                os.chown(path, 0, group)
                path.chmod(0o2770 if path.is_dir() else modes[name])

    def _cage(self) -> list[str]:
        context = self.container["securityContext"]
        words = [*_bubblewrap(), *shared_system(), *self._application(), "--proc", "/proc"]
        words += ["--dev", "/dev", *_folders(self.image.work)]
        for mount in self.container["volumeMounts"]:
            source = self.volumes[mount["name"]] / mount.get("subPath", "")
            how = "--ro-bind" if mount.get("readOnly") else "--bind"
            words += _show(source, mount["mountPath"], how)
        if context["readOnlyRootFilesystem"]:
            words += ["--remount-ro", "/"]
        words += ["--clearenv", "--chdir", self.image.work]
        for name, value in self.image.environ.items():
            words += ["--setenv", name, value]
        path = f"{self.image.environ['PYTHONPATH']}:{DEPENDENCIES}"
        words += ["--setenv", "PYTHONPATH", path, "--as-pid-1", "--die-with-parent"]
        return [*words, *_becoming(*self.user, dropped=context["capabilities"]["drop"])]

    def _application(self) -> list[str]:
        dependencies = sysconfig.get_path("purelib")
        app = _show(self.image.app, self.image.environ["PYTHONPATH"])
        return [*app, *_show(dependencies, DEPENDENCIES)]

    def _python(self) -> list[str]:
        return [os.path.realpath(sys.executable)]


def need_cages() -> None:
    """Skip with a reason where bubblewrap cannot run."""
    if shutil.which("bwrap") is None:
        pytest.skip("no bubblewrap: the container's contract is not tried")
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("no setpriv (util-linux): the container's contract is not tried")
    tried = _done([*_bubblewrap(), *shared_system(), "--proc", "/proc", *_becoming(1, 1), "true"])
    if tried.returncode:
        pytest.skip(f"bubblewrap may make no namespaces here: {tried.stderr}")


def _bubblewrap() -> list[str]:
    words = ["bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    return words if os.geteuid() == 0 else [*words, "--unshare-user"]


def shared_system() -> list[str]:
    """Bind the replacement of the base image: the machine's programs, and Python's home."""
    words = ["--ro-bind", "/usr", "/usr"]
    for name in IN_ROOT:
        path = Path("/", name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            words += ["--ro-bind", str(path), str(path)]
    for name in FROM_ETC:
        words += _show(f"/etc/{name}", f"/etc/{name}", "--ro-bind-try")
    if not Path(sys.base_prefix).is_relative_to("/usr"):
        words += _show(sys.base_prefix, sys.base_prefix)
    return words


def _show(source: Path | str, target: str, how: str = "--ro-bind") -> list[str]:
    """Bind a path below folders of mode 0755: those that bubblewrap creates have mode 0700."""
    return [*_folders(str(Path(target).parent)), how, str(source), target]


def _folders(path: str) -> list[str]:
    every = (*reversed(Path(path).parents), Path(path))
    return [word for each in every[1:] for word in ("--dir", str(each))]


def _becoming(uid: int, gid: int, dropped: list[str] | None = None) -> list[str]:
    """Change the user: root with a user namespace, as container engines do; others by id only."""
    words = [word for name in dropped or ["ALL"] for word in ("--cap-drop", name)]
    if os.geteuid() != 0:
        return [*words, "--uid", str(uid), "--gid", str(gid)]
    for needed in ("SETUID", "SETGID", "SETPCAP"):
        words += ["--cap-add", f"CAP_{needed}"]
    words += ["setpriv", f"--reuid={uid}", f"--regid={gid}", f"--groups={gid}"]
    return [*words, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]


def _mode(volume: dict[str, Any]) -> int:
    mode: int = volume.get("secret", {}).get("defaultMode", 0o644)
    return mode


def _done(command: list[str], code: int | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert code is None or done.returncode == code, done.stderr
    return done
