"""What account rules are evaluated over: rules, name policies, exceptions, the tree, people and their ties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from graph.expressions import Expression
from graph.model.accounts import GIVE, PER_PERSON
from graph.name_patterns import LONGEST_LOGIN
from graph.time import Period

_EVER = Period()
LONGEST_LOOK_BACK = 366
"""Days: what ended longer ago opens no account today, whatever grace and days after the end a rule gives."""


@dataclass(frozen=True, slots=True)
class AccountRule:
    """A rule as it is in a period. ``retention``: None = its accounts are never deleted. Days are whole days.

    ``needs``: the system without an account in which there is none by this rule.
    """

    uuid: str
    key: str
    system: str
    title: str = ""
    condition: Expression | None = None
    effect: str = GIVE
    per: str = PER_PERSON
    unit: str | None = None
    policy: str | None = None
    licence: str | None = None
    type: str | None = None
    lead: int = 0
    grace: int = 0
    after: int = 0
    retention: int | None = None
    expiry: bool = False
    order: int = 0
    life: Period = _EVER
    needs: str | None = None

    @property
    def name(self) -> str:
        return self.title or self.key


@dataclass(frozen=True, slots=True)
class NamePolicy:
    """Empty patterns make nothing."""

    uuid: str
    logins: tuple[str, ...] = ()
    principal_name: str = ""
    mail: str = ""
    common_name: str = ""
    forbidden: tuple[str, ...] = ()
    reserved: tuple[str, ...] = ()
    longest: int = LONGEST_LOGIN
    keep_mail: bool = False


@dataclass(frozen=True, slots=True)
class AccountException:
    """``system`` None: all systems."""

    uuid: str
    person: str
    system: str | None
    effect: str
    reason: str
    life: Period


@dataclass(frozen=True, slots=True)
class State:
    """A period of an employment or affiliation in which nothing that rules look at changes."""

    period: Period
    unit: str | None
    position: str | None
    values: tuple[Any, ...]
    roles: tuple[str, ...] = ()


def weight_of(kind: str, fraction: float | None, hours: float | None, first: date) -> tuple[Any, ...]:
    """By which the largest of a person's employments and affiliations is found: the main one, on a day on which there
    are several. ``first``: its first day."""
    return kind == "Employment", fraction or 0.0, hours or 0.0, -first.toordinal()


@dataclass(frozen=True, slots=True)
class Tie:
    """An employment or affiliation. ``life``: its days, as far back as is looked at; ``first``: its first day of all;
    ``weight``: the largest fills a person's account."""

    uuid: str
    kind: str
    person: str
    number: str
    life: tuple[Period, ...]
    states: tuple[State, ...]
    weight: tuple[Any, ...] = ()
    first: date = date.min


@dataclass(frozen=True, slots=True)
class Person:
    """``dead``: the first day on which the person is dead. Names are today's."""

    uuid: str
    given: str
    surname: str
    name: str
    dead: date | None = None
    stopped: bool = False
    protected: bool = False


@dataclass(frozen=True, slots=True)
class System:
    uuid: str
    key: str
    title: str


@dataclass(slots=True)
class Facts:
    """All that an evaluation needs. ``columns``: names of the values in ``State.values``, as conditions name them.

    ``joined``: persons (uuids) who have been joined into another, and into whom.
    """

    today: date
    rules: Sequence[AccountRule]
    policies: Mapping[str, NamePolicy]
    systems: Mapping[str, System]
    exceptions: Mapping[str, Sequence[AccountException]]
    parents: Mapping[str, Sequence[tuple[Period, str]]]
    units: Mapping[str, Mapping[str, Any]]
    positions: Mapping[str, Mapping[str, Any]]
    roles: Mapping[str, Mapping[str, Any]]
    columns: tuple[str, ...]
    persons: dict[str, Person] = field(default_factory=dict)
    ties: dict[str, list[Tie]] = field(default_factory=dict)
    joined: dict[str, str] = field(default_factory=dict)

    @property
    def earliest(self) -> date:
        """The first day that is looked at: what ended before it can't open an account today."""
        back = max((each.grace + each.after for each in self.rules), default=0)
        return self.today - timedelta(days=min(back, LONGEST_LOOK_BACK))

    def borders(self) -> tuple[date, ...]:
        """Days after the earliest that is looked at on which the rules or the tree change: each day is decided by the
        rules and the tree of that day."""
        cuts = {day for each in self.rules for day in (each.life.start, each.life.end) if day is not None}
        cuts |= {
            day
            for several in self.parents.values()
            for period, _ in several
            for day in (period.start, period.end)
            if day is not None
        }
        earliest = self.earliest
        return tuple(sorted(each for each in cuts if each > earliest))
