"""Where a secret comes from: an environment variable or a file, read when it is needed."""

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from auditor.config.location import Location
from auditor.config.secrets import Secret

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Names an environment variable or a file; holds no secret itself.

    It is read anew each time, so that a mounted secret may be rotated under a running process.
    """

    place: Location
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSources:
    """Where the secrets of one configuration file may come from."""

    folder: Path
    """Where a relative path starts: the configuration file's own folder."""

    environ: Mapping[str, str] = field(repr=False)

    def named(
        self, place: Location, name: str, variable: str | None, file: str | None
    ) -> SecretSource | None:
        """Return what ``NAME_env`` or ``NAME_file`` names; raise ConfigError for both."""
        if variable and file:
            place.refuse(f"{name}_env and {name}_file are both set", "keep one")
        if variable:
            here = place / f"{name}_env"
            if not _VARIABLE.fullmatch(variable):
                what = "is not the name of an environment variable"
                here.refuse(what, "write its name here, not the secret itself")
            return SecretSource(place=here, origin=variable, environ=self.environ)
        if file:
            origin = self.folder / file
            return SecretSource(place=place / f"{name}_file", origin=origin, environ=self.environ)
        return None

    def needed(
        self, place: Location, name: str, variable: str | None, file: str | None
    ) -> SecretSource:
        """Return the same; raise ConfigError for neither."""
        source = self.named(place, name, variable, file)
        if source is None:
            place.refuse(f"no {name}", f"name {name}_env or {name}_file")
        return source
