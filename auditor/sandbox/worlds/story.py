"""The demo's story: a set-up drifts, a part is fixed, and other parts break."""

from datetime import datetime, timedelta

from auditor.sandbox.actions.base import action
from auditor.sandbox.worlds.world import World

BUSY_ADMIN = "jonas.weber@example.com"
LEAVERS = ("chiara.rossi@example.com", "dmitri.haddad@example.com")
PROMOTED = ("benoit.lindqvist@example.com", "farid.novak@example.com")
"""Two people whose email is not their login, and who are pushed again with a new title."""
HIRES = (
    ("hana.kim@example.com", "Hana", "Kim", "hana@kim.example.org"),
    ("luis.ortega@example.com", "Luis", "Ortega", "lo@mail.example.org"),
    ("zuri.adeyemi@example.com", "Zuri", "Adeyemi", "zuri.a@mail.example.org"),
)


class Story(World):
    """A world of forty people with three chapters."""

    @classmethod
    def begin(cls, *, at: datetime | None = None) -> "Story":
        """Build the world up to the end of chapter one, a day before `at` (or now)."""
        story = cls.clean(people=40, at=at, ago=timedelta(days=10))
        story.chapter_one()
        return story

    def chapter_one(self) -> None:
        """Let the set-up drift over nine days."""
        self.add_person(BUSY_ADMIN, "Jonas", "Weber", title="IT support")
        self.map_attribute("user", "email", "user.email", by=BUSY_ADMIN)
        self.advance(days=2)
        for login, first, last, email in HIRES:
            self.add_person(login, first, last, email=email, title="Engineer")
            self.add_member("Unleash users", login)
        self.advance(days=1)
        for login in PROMOTED:
            self.rename_person(login, title="Principal engineer")
        self.add_schema_attribute("title", title="Title", external_name="title", by=BUSY_ADMIN)
        self.map_attribute("user", "title", "user.title", by=BUSY_ADMIN)
        self.advance(days=2)
        self.switch_push("PUSH_USER_DEACTIVATION", on=False, by=BUSY_ADMIN)
        self.advance(days=1)
        for login in LEAVERS:
            self.deactivate_person(login)
        self.advance(days=3)

    @action
    def chapter_two(self) -> None:
        """Fix, a day later, the email mapping, its people and the extra attribute.

        The group push of the admins fails meanwhile, and the recovery accounts are lost.
        """
        self.advance(hours=20)
        self.map_attribute("user", "email", "user.login")
        self.push_again()
        self.remove_schema_attribute("title")
        self.advance(hours=2)
        self.break_group_push("Unleash Admins")
        self.remove_user("recovery.two", by="recovery.one")
        self.set_password("recovery.one", has_password=False)
        self.advance(hours=2)

    def chapter_three(self) -> None:
        """Break the email mapping again."""
        self.map_attribute("user", "email", "user.email", by=BUSY_ADMIN)

    def fix_chapter_three(self) -> None:
        """Fix the email mapping."""
        self.map_attribute("user", "email", "user.login")
