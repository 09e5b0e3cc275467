"""The tables of auditor.toml and of the files that it includes, before they are checked.

A document knows for each value the file and the key that it comes from, so that an error in an
included file, or in an inherited key, names the place where it must be fixed.
"""

import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor.config.places import local_path
from auditor.config.rejected import RejectedError
from auditor.errors import ConfigError
from auditor.files import read_regular_file

KeyPath = tuple[str | int, ...]
"""The steps to a value: ``("target", 0, "okta", "org_url")``."""

MAX_FILE_BYTES = 8 * 1024 * 1024
MAX_TABLE_DEPTH = 32
"""More nested tables and lists than this are not a configuration."""

INCLUDED_TABLES = ("target", "waiver", "attestation")
_WILDCARDS = frozenset("*?[")

_OKTA_SIGN_IN = frozenset(
    {"token_env", "token_file", "client_id", "private_key_env", "private_key_file", "key_id"}
)
_UNLEASH_SIGN_IN = frozenset({"token_env", "token_file"})
_SIGN_IN = {"okta": _OKTA_SIGN_IN, "unleash": _UNLEASH_SIGN_IN, "schedule": frozenset[str]()}
"""Keys of one way to sign in. A target that sets one of them inherits none of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The tables of the file and of the files that it includes, and their origins."""

    path: Path
    tables: dict[str, Any]
    origins: Mapping[KeyPath, tuple[str, KeyPath]] = field(default_factory=dict)
    """Path in ``tables`` to the file and the path in it, for values from elsewhere."""

    def key(self, path: KeyPath) -> str:
        """Return the place of a value: ``auditor.toml: target[0].okta.org_url``."""
        for end in range(len(path), 0, -1):
            if origin := self.origins.get(path[:end]):
                file, above = origin
                return f"{file}: {key_text((*above, *path[end:]))}"
        return f"{self.path}: {key_text(path)}" if path else str(self.path)


def key_text(path: KeyPath) -> str:
    """Return a path as it is written in TOML: ``target[0].okta.org_url``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            shown = step if step.isprintable() else ascii(step)
            text += f".{shown}" if text else shown
    return text


def read_document(path: Path) -> Document:
    """Read the file and the files that it includes, and let the targets inherit the defaults.

    Raises one :class:`~auditor.errors.ConfigError` for all files that cannot be read.
    """
    tables = read_tables(path)
    origins: dict[KeyPath, tuple[str, KeyPath]] = {}
    errors: list[str] = []
    included: dict[str, str] = {os.path.realpath(path): str(path)}
    for number, pattern in enumerate(_texts(tables.get("include"))):
        place = f"{path}: include[{number}]"
        try:
            files = _matching_files(path.absolute().parent, pattern, place)
        except ConfigError as error:
            errors += error.lines
            continue
        for file in files:
            # not Path.resolve: it raises RuntimeError for a link to itself
            real = os.path.realpath(file)
            if earlier := included.get(real):
                what = "is this file itself" if earlier == str(path) else "is included twice"
                remedy = "" if earlier == str(path) else f"; also by {earlier}"
                errors.append(f"{place}: {file} {what}{remedy} (name each file once)")
                continue
            included[real] = place
            try:
                _include(file, tables, origins, place)
            except ConfigError as error:
                errors += error.lines
    if errors:
        raise ConfigError(*errors)
    _inherit(tables, origins, str(path))
    return Document(path=path, tables=tables, origins=origins)


def read_tables(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file. Raises :class:`~auditor.errors.ConfigError`."""
    return _read_tables(
        path, "use --config to name another file, or create one with `auditor init`"
    )


def _read_tables(path: Path, remedy: str) -> dict[str, Any]:
    try:
        return _checked(tomllib.loads(_read_text(path, remedy)), path)
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: is not TOML: {_toml_error(str(error))}"
        raise ConfigError(msg) from error
    except RecursionError:
        msg = (
            f"{path}: tables and lists are nested too deeply (use at most {MAX_TABLE_DEPTH} levels)"
        )
        raise ConfigError(msg) from None
    except ValueError:
        # CPython refuses to convert numbers of more than 4,300 digits.
        msg = f"{path}: contains a number that is too long (use at most 4,300 digits)"
        raise ConfigError(msg) from None


def _toml_error(text: str) -> str:
    """Return an error of :mod:`tomllib`, such as ``Invalid value (at line 5, column 1)``."""
    reason, _, place = text.removesuffix(")").rpartition(" (at ")
    where = f"{reason} at {place}" if reason else text
    return f"{where[:1].lower()}{where[1:]} (correct the text there)"


def _read_text(path: Path, remedy: str) -> str:
    """Return the text of a file; ``remedy`` is what to do when it cannot be read."""
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            kind = "a directory" if stat.S_ISDIR(mode) else "not a regular file"
            msg = f"{path}: is {kind} ({remedy})"
            raise ConfigError(msg)
        content = read_regular_file(path, MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        msg = f"{path}: cannot be read: {reason} ({remedy})"
        raise ConfigError(msg) from error
    if len(content) > MAX_FILE_BYTES:
        msg = f"{path}: is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB (name another file)"
        raise ConfigError(msg)
    try:
        # With "-sig", the byte order mark that some editors write is ignored.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path}: is not UTF-8 text (save it as UTF-8)"
        raise ConfigError(msg) from error


def _checked(tables: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return the tables; refuse those that no check of a single key can read."""
    level: list[Any] = [tables]
    # Level by level, because recursion could exhaust the stack.
    for _ in range(MAX_TABLE_DEPTH):
        if any(isinstance(each, str) and "\0" in each for each in level):
            # No path, address or name contains NUL, and the system would cut a path there.
            msg = f"{path}: a text contains a NUL character (remove \\u0000)"
            raise ConfigError(msg)
        level = [each for value in level for each in _below(value)]
        if not level:
            return tables
    msg = f"{path}: tables and lists are nested too deeply (use at most {MAX_TABLE_DEPTH} levels)"
    raise ConfigError(msg)


def _below(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _matching_files(folder: Path, pattern: str, place: str) -> list[Path]:
    try:
        local_path(pattern)
    except RejectedError as error:
        msg = f"{place}: {error}"
        raise ConfigError(msg) from None
    if not _WILDCARDS.intersection(pattern):
        return [folder / pattern]
    root = Path(pattern).anchor
    try:
        base = Path(root) if root else folder
        files = sorted(base.glob(pattern.removeprefix(root)))
    except (ValueError, NotImplementedError, OSError) as error:
        msg = f'{place}: is not a pattern for files (write one like "targets/*.toml")'
        raise ConfigError(msg) from error
    if not files:
        msg = f"{place}: no file matches (correct the pattern, or remove it)"
        raise ConfigError(msg)
    return files


def _include(
    file: Path, tables: dict[str, Any], origins: dict[KeyPath, tuple[str, KeyPath]], place: str
) -> None:
    read = _read_tables(file, f"correct or remove it in {place}")
    if unknown := sorted(read.keys() - set(INCLUDED_TABLES)):
        remedy = f"an included file contains {', '.join(INCLUDED_TABLES)} tables only"
        what = dict.fromkeys(unknown, f"unknown key ({remedy})")
        if "include" in what:
            what["include"] = (
                f"cannot be used in a file that {place} includes (name all files there)"
            )
        raise ConfigError(*(f"{file}: {key_text((name,))}: {what[name]}" for name in unknown))
    for kind, entries in read.items():
        known = tables.setdefault(kind, [])
        if not isinstance(known, list) or not isinstance(entries, list):
            wrong = file if isinstance(known, list) else "the file that includes it"
            msg = f"{wrong}: {kind}: is a list of tables (write [[{kind}]])"
            raise ConfigError(msg)
        for number, entry in enumerate(entries):
            origins[kind, len(known)] = (str(file), (kind, number))
            known.append(entry)


def _inherit(
    tables: dict[str, Any], origins: dict[KeyPath, tuple[str, KeyPath]], file: str
) -> None:
    defaults = tables.get("defaults")
    defaults = defaults if isinstance(defaults, dict) else {}
    inherited = {
        ("okta",): defaults.get("okta"),
        ("unleash",): defaults.get("unleash"),
        ("schedule",): tables.get("schedule"),
    }
    targets = tables.get("target")
    for number, target in enumerate(targets if isinstance(targets, list) else []):
        for (name,), keys in inherited.items():
            if not isinstance(target, dict) or not isinstance(keys, dict) or not keys:
                continue
            own = target.setdefault(name, {})
            if not isinstance(own, dict):
                continue
            settled = _SIGN_IN[name] if own.keys() & _SIGN_IN[name] else frozenset[str]()
            source = ("schedule",) if name == "schedule" else ("defaults", name)
            for each in keys.keys() - own.keys() - settled:
                own[each] = keys[each]
                origins["target", number, name, each] = (file, (*source, each))
