"""UNI-Login accounts: one per person, however many institutions have it (unilogin.md §5, §7.5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from graph.statements.statement import DatedLink, Ref, Statement
from graph.time import Period
from importers.source import Known
from importers.timelines import held, opened

SYSTEM = "unilogin"


@dataclass(frozen=True, slots=True)
class Holding:
    """An account as last stated: its login, and the institutions that have it, sorted."""

    login: str
    institutions: tuple[str, ...] = ()


@dataclass
class Accounts:
    """The last statements about all accounts, by the person's key; updated from reading to reading."""

    known: Known
    _holdings: dict[str, Holding] = field(default_factory=dict)
    _by_login: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in self.known.statements("Account"):
            self._learn(each)

    def refresh(self, keys: Collection[str]) -> None:
        """A reading with these accounts has been applied or stopped by the brake: read again what the graph keeps."""
        for each in self.known.several("Account", sorted(keys)).values():
            self._learn(each)

    def holding(self, key: str) -> Holding | None:
        return self._holdings.get(key)

    def owner(self, login: str) -> str | None:
        """The key of the person who has, or once had, this login."""
        return self._by_login.get(login)

    def of(self, institution: str) -> frozenset[str]:
        """Keys of the persons whose accounts the institution has."""
        return frozenset(key for key, each in self._holdings.items() if institution in each.institutions)

    def with_institution(self, key: str, login: str, institution: str) -> Holding:
        """The account after the institution has listed it."""
        before = self._holdings.get(key)
        kept = before.institutions if before is not None else ()
        return Holding(login, tuple(sorted({*kept, institution})))

    def without(self, key: str, institution: str) -> Holding:
        """The account after the institution has ceased to list it."""
        before = self._holdings[key]
        return Holding(before.login, tuple(each for each in before.institutions if each != institution))

    def _learn(self, answer: Statement) -> None:
        logins = answer.values.get("login", ())
        for each in logins:
            self._by_login[str(each.value)] = answer.key
        numbers = answer.values.get("institution_numbers", ())
        now = numbers[-1].value if numbers and numbers[-1].period.end is None else ()
        assert isinstance(now, tuple)
        self._holdings[answer.key] = Holding(str(logins[-1].value) if logins else "", now)


def account(key: str, now: Holding, day: date, grace: timedelta, previous: Statement | None) -> Statement:
    """The person's account. It ends a grace period after the last institution has ceased to list it.

    A new login belongs to the same account; the old login becomes its earlier value.
    """
    answer: Mapping[str, str | tuple[str, ...]] = {"login": now.login, "institution_numbers": now.institutions}
    values = held(previous, answer, day)
    if now.institutions:
        exists = opened(previous, day)
    else:
        before = (previous.exists or ()) if previous is not None else ()
        ending = (Period(each.start, day + grace) if each.end is None else each for each in before)
        exists = tuple(each for each in ending if not each.is_empty())
    return Statement(
        "Account",
        key,
        exists=exists,
        values=values,
        links={
            "owner": (DatedLink(Period(), Ref("Person", key)),),
            "system": (DatedLink(Period(), Ref("ItSystem", SYSTEM, by="natural")),),
        },
    )
