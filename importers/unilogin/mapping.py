"""An institution's people as statements: persons, accounts, and facts on employments or affiliations (unilogin.md §5).

Keys: a person ``<person's key>`` and, for one institution's statements about it, ``in:<institution>:<person's key>``;
an account ``<person's key>``; an affiliation ``<institution>:<person's key>``; the facts on an employment
``<institution>:<employment's uuid>:<person's key>``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period
from importers.source import Known, Mapped, RawRecord
from importers.timelines import closed, opened, pointed, with_unmentioned
from importers.unilogin.accounts import Accounts, Holding, account
from importers.unilogin.answers import PersonAnswer
from importers.unilogin.people import Placed

MAPPING = b"1"  # raise it when the mapping's meaning changes: then every record is mapped anew
STAFF, TRAINEE, EXTERNAL = "school staff", "trainee", "external"
_Stated = Callable[[Statement | None], Statement | None]


def kind_of(answer: PersonAnswer) -> str:
    """The type of affiliation of a person without an employment in payroll."""
    if answer.tie == "employee":
        return STAFF
    return TRAINEE if "Praktikant" in answer.roles else EXTERNAL


def _facts(answer: PersonAnswer) -> dict[str, Value | None]:
    """Everyone has a role: if none is sent, nothing is stated about roles."""
    roles: dict[str, Value | None] = {"school_roles": tuple(sorted(answer.roles))} if answer.roles else {}
    return {**roles, "initials": answer.initials, "occupation": answer.occupation}


@dataclass(frozen=True)
class Institution:
    """One institution in one reading. ``employed``: person's uuid → employments in its unit or below."""

    known: Known
    accounts: Accounts
    number: str
    unit: str
    day: date
    grace: timedelta
    salt: bytes
    employed: Mapping[str, Sequence[str]]

    def records(self, placed: Sequence[Placed], doubtful: frozenset[str]) -> Iterator[RawRecord]:
        """Records of all people in the export, and an end for those who are no longer in it. ``doubtful``: keys that
        stay as they are."""
        met: dict[str, set[str]] = {"Affiliation": set(), "Employment": set()}
        for each in placed:
            for record in self._of(each):
                if record.kind in met:
                    met[record.kind].add(record.key)
                yield record
        present = {each.key for each in placed} | doubtful
        for key in sorted(self.accounts.of(self.number) - present):
            yield from self._left(key)
        for kind, keys in met.items():
            for key in sorted({*self.known.keys_starting(kind, f"{self.number}:")} - keys):
                if key.split(":", 2 if kind == "Employment" else 1)[-1] not in doubtful:
                    yield self._ended(kind, key)

    def _of(self, placed: Placed) -> Iterator[RawRecord]:
        yield self._person(placed)
        if placed.among is not None:
            return
        yield self._of_person(placed)
        yield self._account(placed.key, self.accounts.with_institution(placed.key, placed.answer.user, self.number))
        employments = self.employed.get(placed.uuid, ()) if placed.answer.tie == "employee" else ()
        for employment in employments:
            yield self._employment(placed, employment)
        if not employments:
            yield self._affiliation(placed)

    # -- persons ----------------------------------------------------------------------------------------------------

    def _person(self, placed: Placed) -> RawRecord:
        # The number is news only for a person whom a user decided on; otherwise the key is made from the number.
        number = self.known.person_key(placed.cpr) if placed.cpr and placed.key.startswith("user:") else ""
        stated = Statement("Person", placed.key, cpr=placed.cpr, among=placed.among)
        return self._record("Person", placed.key, lambda previous: stated, number)

    def _of_person(self, placed: Placed) -> RawRecord:
        """Names and protection, as this institution sends them. "Not protected" states nothing: another institution, or
        a better source, may state that the person is protected."""
        answer = placed.answer
        named: dict[str, Value | None] = {"given_name": answer.given_name, "surname": answer.surname}
        if answer.given_name and answer.surname:
            named["name"] = f"{answer.given_name} {answer.surname}"
        values: dict[str, Value | None] = {
            **{name: each for name, each in named.items() if each},  # every person has a name: an empty one is missing
            "address_protected": True if answer.protected else None,
            "alias_given_name": answer.alias_given_name,
            "alias_surname": answer.alias_surname,
        }
        key = f"in:{self.number}:{placed.key}"
        return self._record("Person", key, partial(self._names, key, placed.key, values), repr(values))

    def _names(
        self, key: str, person: str, values: Mapping[str, Value | None], previous: Statement | None
    ) -> Statement:
        answer = with_unmentioned(previous, values, self.day)
        if previous is None:
            # The first names have no beginning.
            names = {"given_name", "surname", "name"} & answer.keys()
            answer |= {name: (DatedValue(Period(), answer[name][0].value),) for name in names}
        return Statement("Person", key, exists=None, values=answer, about=Ref("Person", person))

    # -- accounts ---------------------------------------------------------------------------------------------------

    def _account(self, key: str, now: Holding) -> RawRecord:
        return self._record("Account", key, partial(account, key, now, self.day, self.grace), repr(now))

    def _left(self, key: str) -> Iterator[RawRecord]:
        """The institution no longer has the account. Its statements about the person stay only if no other source
        states anything, so that leaving does not lift a protection."""
        now = self.accounts.without(key, self.number)
        yield self._account(key, now)
        if now.institutions:
            yield self._ended("Person", f"in:{self.number}:{key}")

    # -- ties -------------------------------------------------------------------------------------------------------

    def _employment(self, placed: Placed, employment: str) -> RawRecord:
        key = f"{self.number}:{employment}:{placed.key}"
        facts = _facts(placed.answer)

        def stated(previous: Statement | None) -> Statement:
            about = Ref("Employment", employment, by="uuid")
            return Statement(
                "Employment", key, exists=None, values=with_unmentioned(previous, facts, self.day), about=about
            )

        return self._record("Employment", key, stated, repr(facts))

    def _affiliation(self, placed: Placed) -> RawRecord:
        key = f"{self.number}:{placed.key}"
        facts = {"type": kind_of(placed.answer), **_facts(placed.answer)}

        def stated(previous: Statement | None) -> Statement:
            return Statement(
                "Affiliation",
                key,
                exists=opened(previous, self.day),
                values=with_unmentioned(previous, facts, self.day),
                links={
                    "person": (DatedLink(Period(), Ref("Person", placed.key)),),
                    "unit": pointed(previous, "unit", Ref("Unit", self.unit, by="uuid"), self.day),
                },
            )

        return self._record("Affiliation", key, stated, self.unit, repr(facts))

    def _ended(self, kind: str, key: str) -> RawRecord:
        def stated(previous: Statement | None) -> Statement | None:
            return None if previous is None else closed(previous, self.day)

        return self._record(kind, key, stated, "ended")

    def _record(self, kind: str, key: str, stated: _Stated, *depends: str) -> RawRecord:
        """``depends``: what decides the statement besides the previous one; it contains no moments."""
        print_of = self.known.fingerprint(MAPPING, self.salt, key.encode(), *(each.encode() for each in depends))
        return RawRecord(kind, key, print_of, lambda previous: Mapped(stated(previous)))
