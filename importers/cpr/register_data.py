"""A person's data from an answer or a file of changes: the readers make it, the mapping uses it (cpr.md §1).

None: it was omitted, which states nothing. The readers drop everything that REConnect has no use for (sex, children,
relations, citizenship, notes, occupation).
"""

from dataclasses import astuple, dataclass, field, replace
from datetime import date

from graph.time import ALWAYS, FOREVER, Period


@dataclass(frozen=True, slots=True)
class RegisteredName:
    """``given``: fornavn and mellemnavn. ``addressing``: personadresseringsnavn, which may be shortened.

    ``since``: the first day of the name; None if CPR is not sure. ``marks``: of the three parts together:
    ``+`` shortened, ``*`` letters that cannot be reported, ``=`` insufficiently documented.
    """

    given: str | None = None
    surname: str | None = None
    addressing: str | None = None
    since: date | None = None
    marks: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredProtection:
    """Name and address protection (navne- og adressebeskyttelse); half-open dates."""

    start: date | None = None
    end: date | None = None
    protected: bool | None = None

    def holds(self, day: date) -> bool:
        """§3 "Protection": ``protected`` decides; without it, the dates. An end in the future is normal.

        An end without a start counts as protected until then, to be on the safe side.
        """
        if self.protected is not None:
            return self.protected
        if self.start is None and self.end is None:
            return False
        return (self.start or ALWAYS) <= day < (self.end or FOREVER)

    def period(self, day: date) -> Period | None:
        """The days on which it is in force, as of ``day``; None if there are none."""
        if self.protected is True:
            return Period(min(self.start or day, day), self.end if self.end and self.end > day else None)
        if self.protected is False and (self.start is None or self.start <= day):
            over = None if self.start is None else Period(self.start, min(self.end or day, day))
            return None if over is None or over.is_empty() else over
        if self.start is None and self.end is None:
            return None
        found = Period(self.start or min(day, self.end or day), self.end)
        return None if found.is_empty() else found


@dataclass(frozen=True, slots=True)
class RegisteredAddress:
    """Where a person lives in Denmark. ``street``: with number, floor and door."""

    street: str = ""
    supplement: str = ""
    postal_code: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True)
class RegisteredFormerNumber:
    """A number that the person had before; half-open dates, None if CPR does not send them."""

    number: str = field(repr=False)
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """``number``: the one that was looked up; ``current``: gaeldendePersonnummer, if it is there.

    ``status``: the code without leading zeros (``1``, ``90``), or the service's text if it is not a number.
    ``protections``: None = no statement; empty = there is none. ``address``: None = no statement; empty fields =
    no Danish address. ``unread``: names of unknown elements in the answer.
    """

    number: str = field(repr=False)
    current: str | None = field(default=None, repr=False)
    name: RegisteredName | None = None
    status: str | None = None
    status_since: date | None = None
    protections: tuple[RegisteredProtection, ...] | None = None
    under_guardianship: bool | None = None
    address: RegisteredAddress | None = None
    formers: tuple[RegisteredFormerNumber, ...] = ()
    unread: frozenset[str] = frozenset()

    def raw(self) -> bytes:
        """Everything in it, for a keyed fingerprint."""
        return repr(astuple(replace(self, unread=frozenset()))).encode()

    def is_protected(self, day: date) -> bool:
        """Protected on the day."""
        return any(each.holds(day) for each in self.protections or ())

    def is_or_will_be_protected(self, day: date) -> bool:
        """Protected on the day, or from a later one: the address is never used then."""
        periods = (each.period(day) for each in self.protections or ())
        return self.is_protected(day) or any(each is not None and each.last > day for each in periods)
