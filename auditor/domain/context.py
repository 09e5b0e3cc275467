"""The input of a rule: a snapshot, and the conclusions that several rules use. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar, cast

from auditor.domain.admin_access.admins import Admins, weigh_admins
from auditor.domain.collections import Collection, MissingData
from auditor.domain.identity.exclusions import excludes_some, is_excluded
from auditor.domain.identity.people import People, join
from auditor.domain.reasons import MissingDataReason
from auditor.domain.snapshot import DataMissing, Snapshot
from auditor.domain.target import Target
from auditor.domain.unleash import User
from auditor.domain.waivers import Attestation

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class RuleContext:
    """A snapshot with the attestations and the allowed attributes."""

    snapshot: Snapshot
    attestations: tuple[Attestation, ...] = ()
    allowed_attributes: frozenset[str] | None = None
    """Attributes allowed in addition to the six; ``None``: no rule that runs checks them."""

    joined: People | None = None
    """The joined users of both sides; ``None``: they are joined when a rule needs them."""

    @property
    def target(self) -> Target:
        """The audited target."""
        return self.snapshot.target

    @property
    def at(self) -> datetime:
        """When the snapshot was taken."""
        return self.snapshot.taken_at

    @cached_property
    def grace(self) -> timedelta:
        """How long the two sides may differ before a finding opens."""
        return timedelta(minutes=self.target.grace_minutes)

    def __getitem__(self, collection: Collection[T]) -> T:
        """Return the collection, or raise :class:`~auditor.domain.snapshot.DataMissing`."""
        return self.snapshot[collection]

    def get(self, collection: Collection[T]) -> T | None:
        """Return the collection; ``None``: it was not read."""
        return self.snapshot.get(collection)

    def lacks(self, collection: Collection[Any]) -> MissingData | None:
        """Return why ``collection`` was not read; ``None`` when it was read."""
        return self.snapshot.lacks(collection)

    def missing_reason(
        self, collection: Collection[Any], what: str = ""
    ) -> MissingDataReason | None:
        """Return why ``collection`` was not read, as a reason; ``None`` when it was read.

        ``what`` names, for readers, what cannot be decided without it.
        """
        return self.snapshot.missing_reason(collection, what)

    def first_missing(
        self, collections: Iterable[Collection[Any]], what: str = ""
    ) -> MissingDataReason | None:
        """Return why the first of ``collections`` that is missing was not read, as a reason."""
        return next((gap for each in collections if (gap := self.missing_reason(each, what))), None)

    def once(self, conclude: Callable[["RuleContext"], T]) -> T:
        """Return ``conclude(self)``. It is called once, and all rules share what it returns."""
        if conclude not in self._conclusions:
            self._conclusions[conclude] = conclude(self)
        return cast("T", self._conclusions[conclude])

    @cached_property
    def _conclusions(self) -> dict[Callable[["RuleContext"], Any], Any]:
        return {}

    @cached_property
    def people(self) -> People:
        """The users of both sides, joined. Needs the assignments and the users of Unleash."""
        return self.joined if self.joined is not None else join(self.snapshot)

    def people_if_read(self) -> People | None:
        """Return the users of both sides, joined; ``None`` if the data for it is missing."""
        try:
            return self.people
        except DataMissing:
            return None

    @cached_property
    def admins(self) -> Admins:
        """The admins of Unleash, and whether one of them can always sign in."""
        return weigh_admins(self.snapshot, self.people_if_read(), self.tried)

    def leaves_out(self, account: User) -> bool:
        """Return whether ``exclude`` or ``also_provisioned_by`` excludes the account.

        Raises :class:`~auditor.domain.snapshot.DataMissing` when that depends on missing data.
        """
        return self._leaves_out_some and is_excluded(self.snapshot, self.people, account)

    @cached_property
    def _leaves_out_some(self) -> bool:
        return excludes_some(self.snapshot, self.people)

    def tried(self, account: User) -> Attestation | None:
        """Return the attestation that is valid today for a sign-in with ``account``.

        An attestation that is older than the account does not count.
        """
        # Both rules ask whether a sign-in with the account was tried, so either attestation answers
        # it.
        found = self.attestation("recovery-admin-at-risk", str(account.id)) or self.attestation(
            "admin-unreachable", str(account.id)
        )
        if found and account.created_at and account.created_at.date() > found.on:
            return None
        return found

    def attestation(self, rule: str, subject: str) -> Attestation | None:
        """Return the attestation that is valid today for ``subject`` of ``rule``."""
        today = self.at.date()
        found = self._attestations(rule, subject)
        return next((each for each in found if each.on <= today <= each.expires), None)

    def expired_attestation(self, rule: str, subject: str) -> Attestation | None:
        """Return the attestation for ``subject`` of ``rule`` that expired last."""
        today = self.at.date()
        expired = (each for each in self._attestations(rule, subject) if each.expires < today)
        return max(expired, key=lambda each: each.expires, default=None)

    def _attestations(self, rule: str, subject: str) -> Iterator[Attestation]:
        name = self.target.name
        return (each for each in self.attestations if each.covers(rule, subject, name))
