"""Facts of account rules made by hand, for one person, without a graph."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from graph.conditions import ACCOUNT_CONDITION_NAMES
from graph.expressions import compile_expression
from graph.statements.statement import Statement
from graph.time import Period
from rules.accounts.facts import AccountException, AccountRule, Facts, Person, State, System, Tie
from rules.accounts.planning import Plan, plan
from rules.accounts.stating import statement

TODAY = date(2026, 3, 2)
WHO = Person("p", "Anna", "Berg", "Anna Berg")
COLUMNS = ("type", "fraction")


def at(after: int | None) -> date | None:
    return None if after is None else TODAY + timedelta(days=after)


def days(start: int | None = -1000, end: int | None = None) -> Period:
    """From and to as days from today on; None: ever."""
    return Period(date.min if start is None else TODAY + timedelta(days=start), at(end))


def rule(key: str = "r", condition: str | None = None, **values: Any) -> AccountRule:
    made = None if condition is None else compile_expression(condition, ACCOUNT_CONDITION_NAMES)
    return AccountRule(key, key, values.pop("system", "ad"), condition=made, **values)


def job(uuid: str, *lives: Period, unit: str | None = "desk", kind: str = "Employment", **values: Any) -> Tie:
    roles = values.pop("roles", ())
    first = values.pop("first", lives[0].start)
    told = tuple({"type": "monthly_full", "fraction": 1.0, **values}.get(name) for name in COLUMNS)
    states = tuple(State(life, unit, None, told, roles) for life in lives)
    weight = (kind == "Employment", values.get("fraction") or 1.0, 0.0, -first.toordinal())
    return Tie(uuid, kind, WHO.uuid, uuid, lives, states, weight, first)


def exception(effect: str, life: Period, system: str | None = "ad") -> AccountException:
    return AccountException(f"x-{effect}", WHO.uuid, system, effect, "because", life)


def facts(
    rules: Sequence[AccountRule],
    ties: Sequence[Tie],
    exceptions: Sequence[AccountException] = (),
    today: date = TODAY,
    who: Person = WHO,
    **more: Any,
) -> Facts:
    systems = {name: System(name, name, name) for name in ("ad", "school")}
    parents = {"desk": [(Period(), "job")], "job": [(Period(), "town")], "canteen": [(Period(), "town")]}
    parents |= more.pop("parents", {})
    made = Facts(
        today, rules, {}, systems, {WHO.uuid: exceptions}, parents, more.pop("units", {}), {}, more.pop("roles", {}),
        COLUMNS,
    )  # fmt: skip
    made.persons = {WHO.uuid: who} if ties else {}
    made.ties = {WHO.uuid: [*ties]} if ties else {}
    made.joined = more.pop("joined", {})
    return made


def job_of(*states: tuple[Period, str, float | None]) -> Tie:
    """An employment with states one after another: days, unit and fraction of each."""
    told = tuple(State(life, unit, None, ("monthly_full", fraction)) for life, unit, fraction in states)
    lives = tuple(each.period for each in told)
    return replace(job("e", *lives), states=told)


def planned(made: Facts, kept: Mapping[str, Statement] | None = None, who: Person = WHO) -> Plan:
    return plan(made, kept or {}, {WHO.uuid: who})


def kept_of(made: Facts, kept: Mapping[str, Statement] | None = None) -> dict[str, Statement]:
    """What is stated after a run on these facts."""
    found = {key: statement(each, made) for key, each in planned(made, kept).wanted.items()}
    return {**(kept or {}), **{key: each for key, each in found.items() if each is not None}}


def opens(made: Plan, key: str = "p:ad") -> list[tuple[int, int | None]]:
    """The days of an account, from today on."""
    if key not in made.wanted:
        return []
    return [
        ((each.start - made.today).days, None if each.end is None else (each.end - made.today).days)
        for each in made.wanted[key].opens
    ]
