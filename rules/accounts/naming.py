"""The names of planned accounts: user name, principal name, mail address and common name, by policy.

A name is given once. The user name stays as long as the account is not deleted; mail address and common name follow a
change of the person's name, and the old address is kept as an alias. A name is taken while any account that is there
has it, disabled ones too, and while a planned account has it that is not deleted yet; names are compared without regard
to case.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase

import neo4j

from graph.as_of import exists, in_force
from graph.name_patterns import Named, common_names, logins, mails, principal_name
from graph.statements.statement import Value
from rules.accounts.facts import Facts, NamePolicy, Person
from rules.accounts.planning import Wanted

BUILT_IN = NamePolicy("", ("{given:2}{last:2}", "{given:3}{last:3}"), common_name="{name}")
"""Where a rule has no policy, and the municipality has none or several."""


class NoName(ValueError):
    """All names that the policy makes are taken or forbidden."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a name. ``person`` None: an account without an owner, or the name is reserved. ``key``: of the planned
    account; "" for one that is there."""

    person: str | None
    system: str | None
    key: str = ""


@dataclass(slots=True)
class Taken:
    """Names that are taken, in small letters, each with its holders."""

    logins: dict[str, list[Holder]] = field(default_factory=dict)
    mails: dict[str, list[Holder]] = field(default_factory=dict)
    common: dict[str, list[Holder]] = field(default_factory=dict)
    own: dict[tuple[str, str], tuple[str | None, str | None]] = field(default_factory=dict)
    """(person, system) → user name and mail address of the one account that the person has there already."""

    def take(self, among: dict[str, list[Holder]], name: str | None, holder: Holder) -> None:
        if name and holder not in (known := among.setdefault(name.lower(), [])):
            known.append(holder)

    def free_login(self, name: str, who: Holder) -> bool:
        return _is_free(self.logins.get(name.lower(), ()), who)

    def free_mail(self, name: str, who: Holder) -> bool:
        return _is_free(self.mails.get(name.lower(), ()), who)

    def free_common(self, name: str, who: Holder) -> bool:
        return all(each.key == who.key for each in self.common.get(name.lower(), ()) if each.system == who.system)


def _is_free(holders: Iterable[Holder], who: Holder) -> bool:
    """No other person has it, and no other planned account of the same person in the same system."""
    return all(
        (each.key and each.key == who.key)
        or (each.person == who.person and (not each.key or each.system != who.system))
        for each in holders
        if each.person is not None or not each.key
    )


_MAILS_OF_UNITS = f"""
MATCH (u:Unit)-[state:STATE]->(now:UnitState)
WHERE {in_force("state", "$today")}
RETURN [now.email, now.personnel_email] AS mails
"""
_ACCOUNTS = f"""
MATCH (a:Account)
WHERE a.from IS NOT NULL AND (a.to IS NULL OR a.to > $since)
RETURN head([(a)<-[l:OWNS]-(p) WHERE l.to IS NULL | p.uuid]) AS person, head([(a)-[:AT]->(s) | s.uuid]) AS system,
    a.login AS login, a.principal_name AS principal_name, a.email AS email, a.former_logins AS former,
    coalesce(a.primary, false) AS main, {exists("a")} AS active
"""
_PLANNED = """
MATCH (a:PlannedAccount)
WHERE a.from IS NOT NULL AND (a.to IS NULL OR a.delete_on IS NULL OR a.delete_on > $today)
RETURN head([(a)-[:OF_PERSON]->(p) | p.uuid]) AS person, head([(a)-[:AT]->(s) | s.uuid]) AS system, a.key AS key,
    a.login AS login, a.principal_name AS principal_name, a.email AS email, a.former_emails AS former,
    a.common_name AS common_name
"""
_GIVEN = """
MATCH (e:LedgerEntry {object: 'user'})
WHERE e.remote IS NOT NULL AND e.state <> 'deleted' AND (e.login IS NOT NULL OR e.email IS NOT NULL)
MATCH (a:PlannedAccount {uuid: e.key})
RETURN head([(a)-[:OF_PERSON]->(p) | p.uuid]) AS person, head([(a)-[:AT]->(s) | s.uuid]) AS system,
    head([(a)<-[:TELLS]-(r) | r.key]) AS key, e.login AS login, e.email AS email
"""
"""What targets have given instead of the planned names, or others have renamed them to. An account that was closed on
its first day has neither person nor key any more; its record still has the key, and the target the names."""


def taken(session: neo4j.Session, facts: Facts) -> Taken:
    """All names that are taken: an observed account that is gone keeps its names for the longest retention."""
    found = Taken()
    longest = max((each.retention or 0 for each in facts.rules), default=0)
    since = date.fromordinal(max(1, facts.today.toordinal() - longest))
    several: dict[tuple[str, str], list[tuple[bool, str | None, str | None]]] = {}
    for row in session.run(_ACCOUNTS, since=since, today=facts.today):
        holder = Holder(row["person"], row["system"])
        for name in (row["login"], *(row["former"] or ())):
            found.take(found.logins, name, holder)
        for name in (row["email"], row["principal_name"]):
            found.take(found.mails, name, holder)
        if row["person"] and row["system"] and row["active"]:
            several.setdefault((row["person"], row["system"]), []).append((row["main"], row["login"], row["email"]))
    for key, each in several.items():
        main = [one for one in each if one[0]] or each
        if len(main) == 1:
            found.own[key] = main[0][1], main[0][2]
    for row in session.run(_PLANNED, today=facts.today.isoformat()):
        holder = Holder(row["person"], row["system"], row["key"] or "")
        found.take(found.logins, row["login"], holder)
        for name in (row["email"], row["principal_name"], *(row["former"] or ())):
            found.take(found.mails, name, holder)
        found.take(found.common, row["common_name"], holder)
    for row in session.run(_GIVEN):
        holder = Holder(row["person"] or "", row["system"], row["key"] or "")
        found.take(found.logins, row["login"], holder)
        found.take(found.mails, row["email"], holder)
    nobody = Holder(None, None)
    for row in session.run(_MAILS_OF_UNITS, today=facts.today):
        for name in row["mails"]:
            found.take(found.mails, name, nobody)
    for policy in facts.policies.values():
        for name in policy.reserved:
            found.take(found.mails if "@" in name else found.logins, name, nobody)
    return found


def policy_of(facts: Facts, uuid: str | None) -> NamePolicy:
    if uuid is not None and uuid in facts.policies:
        return facts.policies[uuid]
    return next(iter(facts.policies.values())) if len(facts.policies) == 1 else BUILT_IN


def needs_names(wanted: Wanted) -> bool:
    """It is to be open and has none, or none that is still its own, or the person is called otherwise than when it got
    them."""
    if not wanted.opens or not (wanted.person.given or wanted.person.surname):
        return False
    return wanted.as_of("login") is None or wanted.as_of("named_for") != _called(wanted) or wanted.was_deleted


def name_all(facts: Facts, every: Iterable[Wanted], known: Taken) -> list[tuple[Wanted, str]]:
    """Give names to those that need them, in the order in which they open; those for which there is none, with why.

    Who gets which name does not depend on the order in which persons are read.
    """
    failed = []
    for wanted in sorted(every, key=lambda each: (each.as_of("login") is None, each.opens[0].start, each.key)):
        policy = policy_of(facts, wanted.rule.policy if wanted.rule is not None else None)
        try:
            wanted.names = names_of(wanted, policy, known)
        except NoName as none:
            failed.append((wanted, str(none)))
    return failed


def names_of(wanted: Wanted, policy: NamePolicy, known: Taken) -> dict[str, Value | None]:
    """The names of one account, which are taken from now on. Raises NoName."""
    person, system = wanted.person.uuid, wanted.system
    who = Holder(person, system, wanted.key)
    named = Named(wanted.person.given, wanted.person.surname, _number(wanted), person)
    old_login, old_mail = _own(wanted, known, who)
    has_login, has_mail = known.own.get((person, system), (None, None)) if old_login is None else (None, None)
    login = str(old_login) if old_login is not None else ""
    if not login:
        offered = (
            [has_login]
            if has_login and known.free_login(has_login, who) and not _forbidden(has_login, policy)
            else logins(policy.logins, named, policy.longest)
        )
        login = _first(offered, lambda each: known.free_login(each, who) and not _forbidden(each, policy), "user name")
    made: dict[str, Value | None] = {"login": login, "named_for": _called(wanted)}
    known.take(known.logins, login, who)
    if wanted.was_deleted:
        made = {"email": None, "former_emails": None, "principal_name": None, **made}
    mail = str(old_mail) if old_mail is not None else ""
    if policy.mail and not (mail and policy.keep_mail):
        own = [has_mail] if has_mail and not mail else []
        offered_mails = (*own, *_as_it_is(mail, _some(mails(policy.mail, named, login))))
        mail = _first(offered_mails, lambda each: known.free_mail(each, who), "mail address")
    elif has_mail and not mail and known.free_mail(has_mail, who):
        mail = has_mail
    if mail:
        made["email"] = mail
        known.take(known.mails, mail, who)
        formers = wanted.as_of("former_emails") if not wanted.was_deleted else ()
        before = (*(formers if isinstance(formers, tuple) else ()), *([str(old_mail)] if old_mail else []))
        aliases = tuple(dict.fromkeys(each for each in before if each.lower() != mail.lower()))
        if aliases:
            made["former_emails"] = aliases
    old_principal = None if wanted.was_deleted else wanted.as_of("principal_name")
    if policy.principal_name and (old_principal is None or "{login}" not in policy.principal_name):
        offered_names = _as_it_is(old_principal, _some(principal_name(policy.principal_name, named, login, mail)))
        free = _first(offered_names, lambda each: known.free_mail(each, who), "principal name")
        made["principal_name"] = free
        known.take(known.mails, free, who)
    old_common = None if wanted.was_deleted else wanted.as_of("common_name")
    common = _as_it_is(old_common, _some(common_names(policy.common_name or "{name}", named, login)))
    made["common_name"] = _first(common, lambda each: known.free_common(each, who), "common name")
    known.take(known.common, str(made["common_name"]), who)
    return made


def _own(wanted: Wanted, known: Taken, who: Holder) -> tuple[Value | None, Value | None]:
    """User name and mail address that it has already. An account that was deleted has them only if they are free
    still: others may have got them since."""
    login, mail = wanted.as_of("login"), wanted.as_of("email")
    if not wanted.was_deleted:
        return login, mail
    return (
        login if login is not None and known.free_login(str(login), who) else None,
        mail if mail is not None and known.free_mail(str(mail), who) else None,
    )


def next_name(
    facts: Facts, known: Taken, policy: NamePolicy, given: str, surname: str, system: str = ""
) -> Mapping[str, Value | None]:
    """The names that the next person of this name would get in a system (uuid): nothing is taken. Raises NoName."""
    logins_, mails_, common = (
        {name: list(each) for name, each in among.items()} for among in (known.logins, known.mails, known.common)
    )
    trial = Taken(logins_, mails_, common)
    person = Person("", given, surname, f"{given} {surname}".strip())
    return names_of(Wanted("", system, person, ()), policy, trial)


def _called(wanted: Wanted) -> str:
    return " ".join(filter(None, (wanted.person.given, wanted.person.surname)))


def _number(wanted: Wanted) -> str:
    return wanted.chain[-1].tie.number if wanted.chain else ""


def _forbidden(name: str, policy: NamePolicy) -> bool:
    return any(fnmatchcase(name.lower(), each.lower()) for each in policy.forbidden)


def _some(names: Iterable[str]) -> Sequence[str]:
    return [each for _, each in zip(range(400), names, strict=False)]


def _as_it_is(before: Value | None, offered: Sequence[str]) -> Sequence[str]:
    """The present name first, if the policy still makes it: another middle name, or a namesake who has left, gives
    nobody another address."""
    return [str(before), *offered] if before in offered else offered


def _first(names: Iterable[str], fits: Callable[[str], bool], what: str) -> str:
    for each in names:
        if fits(each):
            return each
    raise NoName(f"every {what} that the policy makes is taken or forbidden")
