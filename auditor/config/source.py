"""Where a secret comes from: an environment variable or a file, read when it is needed."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.config.place import Place
from auditor.config.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Names an environment variable or a file; holds no secret itself.

    It is read anew each time, so that a mounted secret may be rotated under a running process.
    """

    place: Place
    """The key that names it: ``auditor.toml: target[0].okta.token_env``."""

    origin: str | Path
    """A variable's name, or a file."""

    environ: Mapping[str, str] = field(repr=False, compare=False)

    def read(self) -> Secret:
        """Return the secret; raise :class:`~auditor.errors.ConfigError` when there is none."""
        text = self._text().strip()
        if not text:
            self.place.refuse(f"{self.origin} is empty", "put the secret into it")
        return Secret(text)

    def read_line(self) -> Secret:
        """Return a secret that travels in a header or an address: one word of plain ASCII."""
        secret = self.read()
        text = secret.reveal()
        if not (text.isascii() and text.isprintable()) or " " in text:
            what = f"{self.origin} holds something that is no token"
            self.place.refuse(what, "keep the bare token there, in one line, without a prefix")
        return secret

    @property
    def warning(self) -> str | None:
        """Say that everybody on this machine can read the file, if so."""
        if isinstance(self.origin, str):
            return None
        try:
            open_to_all = self.origin.stat().st_mode & stat.S_IROTH
        except OSError:
            return None
        if not open_to_all:
            return None
        return f"{self.place}: everybody on this machine can read {self.origin} (chmod o= it)"

    def _text(self) -> str:
        if isinstance(self.origin, str):
            try:
                return self.environ[self.origin]
            except KeyError:
                what = f"{self.origin} is not set in the environment"
                self.place.refuse(what, "set it, or name a file that holds it")
        try:
            return self.origin.read_text(encoding="utf-8")
        except OSError as error:
            what = f"cannot read {self.origin}: {error.strerror}"
            self.place.refuse(what, "name a file that this user can read")
        except UnicodeDecodeError:
            self.place.refuse(f"{self.origin} is not text")
