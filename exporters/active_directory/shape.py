"""Makes OUs, users and groups from the image (active_directory.md §8). Pure: the same image gives the same objects."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exporters.active_directory.entries import ALIASES
from exporters.active_directory.grouping import groups
from exporters.active_directory.image import Account, Organisation, Tie
from exporters.active_directory.names import EXPRESSION_NAMES, LIMITS, next_logins, next_principal_names
from exporters.active_directory.passwords import context
from exporters.active_directory.placing import Places, ous, placed
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.objects.target import Objects, Ref, Value, Wanted
from exporters.settings_match import matching_nothing
from exporters.target import Notice, Parked
from graph.cpr.keyring import numbers_in
from graph.expressions import ExpressionFailed, compile_expression
from graph.name_patterns import login_problem

IDENTIFYING = frozenset(
    {"sAMAccountName", "userPrincipalName", "mail", "proxyAddresses", "cn", "displayName", "givenName", "sn", "mobile",
     "telephoneNumber"}
)  # fmt: skip


_OF_A_JOB = (
    ("ou", "place"), ("manager",), ("title",), ("department",), ("streetAddress",), ("postalCode",), ("l",),
    ("telephoneNumber",), ("employeeID",),
)  # fmt: skip
"""Fields and links that follow from an employment or affiliation."""


@dataclass
class _Made:
    """The parts of users, and the notices about them. ``chosen``: person → that person's accounts, in order."""

    settings: ActiveDirectorySettings
    organisation: Organisation
    places: Places
    chosen: Mapping[str, list[Account]]
    ties: Mapping[str, list[Tie]]
    parked: list[Parked] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def shaped(organisation: Organisation, settings: ActiveDirectorySettings) -> Objects:
    """What the domain should have."""
    open_ = sorted((each for each in organisation.accounts if not each.stopped), key=lambda each: each.uuid)
    chosen: dict[str, list[Account]] = {}
    for each in open_:
        chosen.setdefault(each.owner, []).append(each)
    ties: dict[str, list[Tie]] = {}
    for tie in sorted(organisation.ties.values(), key=lambda each: each.uuid):
        ties.setdefault(tie.person, []).append(tie)
    made = _Made(settings, organisation, placed(organisation.units, settings.units), chosen, ties)
    names = {name for uuid, unit in organisation.units.items() for name in (uuid, unit.number) if name}
    here: dict[str, tuple[Iterable[str], Collection[str]]] = {
        "units.roots": (settings.units.roots, names),
        "units.excluded": (settings.units.excluded, names),
    }
    if "role" in settings.groups.kinds:
        here["groups.roles"] = (settings.groups.roles, {each.key for each in organisation.roles})
    made.notices += matching_nothing(here)
    users = [user for each in open_ if (user := _user(each, made)) is not None]
    there = {each.key for each in users} | {each.key for each in made.parked}
    keep: dict[Ref, date | None] = {Ref("user", uuid): day for uuid, day in organisation.delete_on.items()}
    return Objects(
        [*ous(made.places, settings.units), *users, *groups(organisation, made.places, there, settings)],
        made.parked,
        made.notices,
        {"users": len(users), "stopped": len(organisation.accounts) - len(open_)},
        IDENTIFYING,
        keep_until=keep,
        urgent=frozenset(
            Ref("user", uuid)
            for uuid in (*organisation.stopped, *(each.uuid for each in organisation.accounts if each.stopped))
        ),
    )


def _user(account: Account, made: _Made) -> Wanted | None:
    tie = made.organisation.ties.get(account.tie or "")
    try:
        values = _values(account, tie, made)
        links = _links(account, tie, values, made)
    except ExpressionFailed as failed:
        made.parked.append(Parked("user", account.uuid, "expression", str(failed)))
        return None
    login = str(values.get("sAMAccountName") or "")
    if problem := login_problem(login):
        made.parked.append(Parked("user", account.uuid, "login", f"The user name can't be used: {problem}."))
        return None
    if any(True for name in ("sAMAccountName", "cn", "userPrincipalName") for _ in numbers_in(str(values.get(name)))):
        made.parked.append(
            Parked("user", account.uuid, "cpr_number", "A name contains a CPR number; it is never sent.")
        )
        return None
    managers = list(_managers(account, tie, made))
    # People have typed the mail address of an extra account: no password goes to it.
    receiving = [each.uuid for each in managers if not each.values["extra"]]
    reachable = [each.owner for each in managers if not each.protected]
    # An alias follows the mail address, so that has no next one where there are aliases: a person decides.
    addresses = ("userPrincipalName",) if ALIASES in values else ("userPrincipalName", "mail")
    planned = made.organisation.names
    next_addresses = {
        name: next_principal_names(str(value), planned) for name in addresses if (value := values.get(name))
    }
    return Wanted(
        "user",
        account.uuid,
        values,
        links,
        protected=account.protected,
        candidates={"sAMAccountName": next_logins(login, planned), **next_addresses},
        context={
            **context(receiving, reachable, account.person["name"] or ""),
            "observed": account.observed,
        },
        # The account is open without a job of these days (KEEP, days after the last one): nothing of the job is known.
        left=() if tie else tuple(map(frozenset, (*_OF_A_JOB, *([name] for name in made.settings.attributes)))),
        after=frozenset(Ref("user", each.uuid) for each in managers[:1]),
    )


def _values(account: Account, tie: Tie | None, made: _Made) -> dict[str, Value]:
    """Every field; without a value it is omitted, and cleared at the domain. Raises ExpressionFailed."""
    settings, person, plan = made.settings, account.person, account.values
    unit = made.organisation.units.get(tie.unit or "") if tie else None
    open_ = not account.protected
    given_name, surname = person["given_name"], person["surname"]
    if not (given_name or surname):
        given_name, _, surname = (person["name"] or "").strip().rpartition(" ")
    name = person["name"] or plan["login"]
    values: dict[str, Any] = {
        "sAMAccountName": plan["login"],
        "userPrincipalName": plan["principal_name"],
        "mail": plan["email"],
        "cn": plan["common_name"] or name,
        "displayName": name,
        "givenName": given_name,
        "sn": surname,
        "title": tie.title or None if tie else None,
        "department": unit.name if unit else None,
        "streetAddress": unit.values["street"] if unit and open_ else None,
        "postalCode": unit.values["postal_code"] if unit and open_ else None,
        "l": unit.values["city"] if unit and open_ else None,
        "telephoneNumber": ((tie.values["phone"] if tie else None) or person["work_phone"]) if open_ else None,
        "mobile": person["mobile"] if open_ else None,
        "employeeID": tie.values["number"] if tie else None,
        "accountExpires": account.expires,
    }
    if settings.aliases and plan["email"]:
        former = {each.casefold(): each for each in account.former_emails}
        former.pop(str(plan["email"]).casefold(), None)
        values[ALIASES] = [f"SMTP:{plan['email']}", *(f"smtp:{each}" for each in former.values())]
    names = _names(account, tie, made)
    for attribute, text in settings.attributes.items():
        try:
            values[attribute] = compile_expression(text, EXPRESSION_NAMES).evaluate(names)
        except ExpressionFailed:
            if tie is not None:
                raise
            values.pop(attribute, None)
    fitting = {
        attribute: fit
        for attribute, value in values.items()
        if attribute not in settings.excluded_attributes and (fit := _fit(account, attribute, value, made)) is not None
    }
    return {"cn": plan["login"], **fitting}  # an object can't be made without a name


def _names(account: Account, tie: Tie | None, made: _Made) -> dict[str, Any]:
    """What expressions may use; a value that is not known is null."""
    unit = made.organisation.units.get(tie.unit or "") if tie else None
    return {
        "account": account.values,
        "person": account.person,
        "employment": tie.values if tie else None,
        "position": {"title": tie.position_title} if tie else None,
        "unit": {**unit.values, "path": made.places.path(unit.uuid)} if unit else None,
    }


def _fit(account: Account, attribute: str, value: Any, made: _Made) -> Value | None:
    """The value within its limit, without CPR numbers; None if there is none. Never 21, never "None" at the domain."""
    if value is None or isinstance(value, list | tuple):
        fitting = (_fit(account, attribute, each, made) for each in value or ())
        # Of two spellings of one text the domain refuses the second. The first stays: it is the primary SMTP: address.
        texts: dict[str, Value] = {}
        for each in fitting:
            if each is not None:
                texts.setdefault(each.casefold(), each)
        return [*texts.values()] or None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if attribute == "sAMAccountName":
        return str(value)  # whether it can be used is asked of it as it is
    text = " ".join(str(value).split())
    if not text:
        return None
    if attribute not in ("sAMAccountName", "cn", "userPrincipalName") and any(True for _ in numbers_in(text)):
        made.notices.append(Notice("user", account.uuid, attribute, "cpr_number", "omitted: it contains a CPR number"))
        return None
    longest = made.settings.limits.get(attribute, LIMITS.get(attribute, 0))
    if not longest or len(text) <= longest:
        return text
    if attribute in made.settings.cut or attribute in ("cn", "displayName"):
        return text[:longest].rstrip()
    said = f"omitted: it has {len(text)} characters; {longest} are allowed"
    made.notices.append(Notice("user", account.uuid, attribute, "too_long", said))
    return None


def _links(account: Account, tie: Tie | None, values: dict[str, Value], made: _Made) -> dict[str, frozenset[Ref]]:
    """The OU, as a link to one of ours or as a field; and the manager. Raises ExpressionFailed."""
    settings, links = made.settings, {}
    if tie and tie.unit in made.places.delivered and settings.units.below:
        links["ou"] = frozenset({Ref("ou", str(tie.unit))})
    else:
        values["place"] = settings.users_ou
        names = _names(account, tie, made)
        for dn, condition in settings.places.items():
            try:
                holds = compile_expression(condition, EXPRESSION_NAMES).holds(names)
            except ExpressionFailed:
                if tie is not None:
                    raise
                continue
            if holds:
                values["place"] = dn
                break
    if settings.manager and (manager := next(_managers(account, tie, made), None)) is not None:
        links["manager"] = frozenset({Ref("user", manager.uuid)})
    return links


def _managers(account: Account, tie: Tie | None, made: _Made) -> Iterator[Account]:
    """The accounts of managers in this domain, the nearest first; a level's are those that have one (pitfall 36)."""
    managers, asked = made.organisation.managers, {account.owner}
    level: Iterable[str] = managers.get(tie.uuid, ()) if tie else ()
    while level:
        for person in level:
            if person not in asked and (accounts := made.chosen.get(person)):
                yield next((each for each in accounts if not each.values["extra"]), accounts[0])
        fresh = [each for each in level if each not in asked]
        asked |= {*fresh}
        level = [
            above for person in fresh for each in made.ties.get(person, ()) for above in managers.get(each.uuid, ())
        ]
