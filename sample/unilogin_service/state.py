"""The stand-in's data: institutions with their people, and registered clients. Tests and the sample change it
freely."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Literal

from cryptography import x509

NumberType = Literal["CPR_VERIFIED", "CPR_UNVERIFIED", "CPR_REPLACEMENT_ID", "CPR_UNKNOWN_TYPE"]
Kind = Literal["Employee", "Extern", "Student", ""]


@dataclass(frozen=True, slots=True)
class Person:
    """A person with a UNI-Login. ``alias``: given name and surname that may be shown instead."""

    user: str
    given_name: str
    surname: str
    cpr: str = field(default="", repr=False)
    cpr_type: NumberType | None = "CPR_VERIFIED"
    protected: bool = False
    alias: tuple[str, str] | None = None
    birthday: date | None = None
    email: str | None = None
    mobile: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in an institution. ``kind`` empty: neither employee, external nor pupil.

    ``roles``: codes from STIL's lists, one for externals and pupils. ``groups``: ids. ``main_group``: of pupils.
    """

    person: Person | None
    local: str
    kind: Kind = "Employee"
    roles: tuple[str, ...] = ("Lærer",)
    initials: str | None = None
    occupation: str | None = None
    groups: tuple[str, ...] = ()
    source: str = "SkoleAdm"
    main_group: str = "1A"


@dataclass(frozen=True, slots=True)
class Group:
    number: str
    name: str
    type: str


@dataclass
class Institution:
    """A school or day-care centre. ``sources``: administrative system → school year's first year."""

    number: str
    name: str
    members: list[Member] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=lambda: {"SkoleAdm": 2026})
    agreed: bool = True

    def leave(self, *users: str) -> None:
        """Remove these people."""
        self.members = [each for each in self.members if each.person is None or each.person.user not in users]

    def change(self, login: str, /, **of_person: object) -> None:
        """Change a person's data: protection, alias, UserId, number."""
        self.members = [
            replace(each, person=replace(each.person, **of_person))  # type: ignore[arg-type]
            if each.person is not None and each.person.user == login
            else each
            for each in self.members
        ]

    def new_year(self, year: int) -> None:
        """Begin the next school year: every group gets another name."""
        self.sources = dict.fromkeys(self.sources, year)
        self.groups = [replace(each, name=f"{each.name} ({year})") for each in self.groups]

    def new_system(self, name: str) -> None:
        """Replace the administrative system: all local ids are new, the UserIds stay."""
        self.sources = {name: max(self.sources.values(), default=2026)}
        self.members = [
            replace(each, source=name, local=f"N{place:05d}") for place, each in enumerate(reversed(self.members))
        ]


@dataclass
class State:
    """``certificates``: registered ones, by provider system id. ``limit``: exports of an institution a day."""

    institutions: dict[str, Institution] = field(default_factory=dict)
    certificates: dict[str, x509.Certificate] = field(default_factory=dict)
    limit: int = 4
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def add(self, institution: Institution) -> Institution:
        self.institutions[institution.number] = institution
        return institution
