"""The tables [store] and [report] of auditor.toml: where history and reports are kept."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import InitErrorDetails

from auditor.config.addresses import web_address
from auditor.config.database_url import database_url, has_password, unencrypted_host
from auditor.config.places import EXTRAS_BY_SCHEME
from auditor.config.rejected import RejectedError
from auditor.config.secrets import Secret
from auditor.config.values import (
    FROM_ENV,
    FROM_FILE,
    Distinct,
    Place,
    PositiveCount,
    RootedPath,
    Table,
    VariableName,
    key,
    problem,
    sources_of,
)
from auditor.errors import ConfigError

DEFAULT_DATABASE_URL = "sqlite:///auditor.db"

ExportFormat = Literal["json", "csv", "ocsf"]


_LIBRARIES = {"s3": "s3fs", "gcs": "gcsfs", "azure": "adlfs"}
"""Extra to the module that it installs."""


def _public_url(text: str) -> str:
    url = web_address(text, allow_http=True, example="https://reports.acme.example")
    folder, _, page = url.rpartition("/")
    if page.lower().endswith((".html", ".htm")):
        what = f"names the page {page}"
        raise RejectedError(what, f"write the address of its folder: {folder}")
    return url


def _checked_url(url: str, info: ValidationInfo) -> str:
    if has_password(url):
        what = "a password must not be in this file"
        remedy = "set url_env to a variable, or url_file to a file, that contains the URL"
        raise RejectedError(what, remedy)
    database_url(url, sources_of(info).folder)
    return url


class StoreSettings(Table):
    """Where history is kept."""

    secrets: ClassVar[Mapping[str, bool]] = {"url": False}

    url: Annotated[str, AfterValidator(_checked_url)] | None = key(
        None,
        "sqlite:///FILE, or a PostgreSQL URL without a password. A relative path starts at the "
        f"folder of auditor.toml. Default: {DEFAULT_DATABASE_URL}",
    )
    url_env: VariableName | None = key(None, f"A URL with a password. {FROM_ENV}")
    url_file: RootedPath | None = key(None, f"A URL with a password. {FROM_FILE}")

    @classmethod
    def conflicts(cls, keys: Mapping[str, Any]) -> Iterator[InitErrorDetails]:
        """Refuse two sources of the URL."""
        yield from super().conflicts(keys)
        if "url" in keys and keys.keys() & {"url_env", "url_file"}:
            yield problem("is set twice", "keep one of url, url_env and url_file", at=("url",))

    def database_url(self) -> Secret:
        """Read the URL and return it in SQLAlchemy's form.

        The source is read at each call, so that a mounted secret can be rotated while the
        scheduler runs. Raises :class:`~auditor.errors.ConfigError` when the variable is not set,
        the file cannot be read, or the text is no database URL.
        """
        source = self.source("url")
        text = source.read().reveal() if source else self.url or DEFAULT_DATABASE_URL
        try:
            return Secret(database_url(text, self._sources.folder))
        except RejectedError as error:
            msg = f"{source.key if source else self.place('url')}: {error}"
            raise ConfigError(msg) from None

    @property
    def warning(self) -> str | None:
        """Return a line when the connection to a remote PostgreSQL may be unencrypted."""
        try:
            host = unencrypted_host(self.database_url().reveal())
        except ConfigError:
            return None
        if host is None:
            return None
        return (
            f"{self.place()}: the connection to PostgreSQL on {host} may be without TLS "
            "(add ?sslmode=verify-full or ?sslmode=require to the URL)"
        )


class ReportSettings(Table):
    """Where the HTML reports and the exports are written."""

    destination: Place = key(
        "reports",
        "A directory, s3://BUCKET/PREFIX with the extra [s3], gs://BUCKET/PREFIX with [gcs], or "
        "az://CONTAINER/PREFIX with [azure]. A relative path starts at the folder of auditor.toml. "
        "If it is set, each audit writes the list of all affected users there.",
    )
    public_url: Annotated[str, AfterValidator(_public_url)] | None = key(
        None,
        "Address under which people open `destination`. Messages link to it, and each audit "
        "writes latest.html.",
    )
    keep_reports: PositiveCount | None = key(
        None, "Number of reports that are kept for each target. Default: all."
    )
    exports: Annotated[tuple[ExportFormat, ...], Distinct] = key(
        [],
        "Files that each audit writes for other programs, in a folder for each target: "
        "latest.json, latest.csv, latest.ocsf.jsonl.",
    )
    exports_to: Place | None = key(
        None, "Where the exports are written, as `destination`. Default: `destination`."
    )

    @property
    def is_written_by_audits(self) -> bool:
        """Return whether each audit writes to ``destination``, and not the report command only."""
        is_set = "destination" in self.model_fields_set
        return bool(is_set or self.public_url or (self.exports and not self.exports_to))

    @property
    def warnings(self) -> Iterator[str]:
        """Yield a line for each place whose library is not installed here."""
        for name in ("destination", "exports_to"):
            scheme, separator, _ = (getattr(self, name) or "").partition("://")
            extra = EXTRAS_BY_SCHEME[scheme] if separator else None
            if extra and find_spec(_LIBRARIES[extra]) is None:
                what = f"no installed library writes to {scheme}://"
                remedy = f"install unleash-okta-auditor[{extra}]"
                yield f"{self.place(name)}: {what} ({remedy})"

    @property
    def export_destination(self) -> str:
        """Return where the exports are written: an absolute path or an object-store URL."""
        return self.exports_to or self.destination
