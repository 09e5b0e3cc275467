"""Where in the configuration something stands, so that every complaint names it. Pure."""

from dataclasses import dataclass
from typing import NoReturn

from auditor.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Location:
    """A key of a file: ``auditor.toml: target[0].okta.org_url``."""

    file: str
    key: str = ""

    def __truediv__(self, name: str | int) -> "Location":
        """Go one step down: to a key by name, to an entry of a list by number."""
        if isinstance(name, int):
            return Location(self.file, f"{self.key}[{name}]")
        return Location(self.file, f"{self.key}.{name}" if self.key else name)

    def __str__(self) -> str:
        """Name the file and the key."""
        return f"{self.file}: {self.key}" if self.key else self.file

    def complaint(self, what: str, remediation: str = "") -> str:
        """Say in one line what is wrong here and how it is put right."""
        return f"{self}: {what}" + (f" ({remediation})" if remediation else "")

    def refuse(self, what: str, remediation: str = "") -> NoReturn:
        """Complain, and go no further; raises :class:`~auditor.errors.ConfigError`."""
        raise ConfigError(self.complaint(what, remediation))
