"""Everything that ADFS needs to know of a person at a login, in one answer."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, cast

import neo4j

from graph.as_of import in_force
from graph.change_log import LOG
from graph.cpr.keyring import Keyring
from graph.errors import Unknown
from graph.expressions import ExpressionFailed
from graph.identity.lookup import find
from graph.questions.rights.asking import Asked, evaluation, narrowed
from graph.questions.rights.at_kombit import AtKombit, roles_at_kombit
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight, JobFunctionRole, Rights
from graph.questions.rights.kle import collapse, plain
from graph.time import ALWAYS
from idp.attributes import attributes_of, facts_of
from idp.claims.oio_bpp import DocumentTooLarge, Privileges, Profile, Receiver, privileges
from idp.claims.subjects import NoClaims, Subject
from idp.saml.name_ids import x509_subject
from rules.accounts.facts import weight_of


@dataclass(frozen=True, slots=True)
class Attributes:
    """Attribute → expression (``idp.attributes``). ``keyring``: None where CPR numbers may not be read."""

    expressions: Mapping[str, str] = field(default_factory=dict)
    keyring: Keyring | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Receiving:
    """How one receiver gets rights. ``namespace``: where it is not the profile's own. ``systems``: with ``kombit``,
    keys of the systems whose roles it gets; empty: all. ``units_of``: the target whose ledger has the units that it
    knows. ``separate``: with ``kombit``, parameters that it gets as attributes of their own."""

    profile: Profile = "system"
    namespace: str | None = None
    systems: tuple[str, ...] = ()
    units_of: str | None = None
    separate: tuple[str, ...] = ()


KOMBIT = "KOMBIT"
"""Asked for as a system, it means all systems behind KOMBIT's context handler."""


@dataclass(frozen=True, slots=True)
class Role:
    """A job-function role or system role that is held. ``identifier``: its URI, or its key where it has none."""

    identifier: str
    number: int | None
    title: str


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A unit in which the person works. ``primary``: that of the account's own employment, otherwise of the largest."""

    uuid: str
    name: str
    primary: bool


@dataclass(frozen=True, slots=True)
class PersonClaims:
    """The claims of a person on a day; every list is sorted.

    ``data_roles``: system roles that are limited. One whose types are all left open, on purpose or because nothing is
    set for them, is not. ``kle_write``: KLE numbers that the person's units perform, or that are the employment's own;
    ``kle_read``: those that the units are interested in besides. The widest of them.

    ``oio_bpp``: as one attribute value; None if nothing is left.
    """

    person: str
    login: str | None
    name_id: str
    email: str | None
    oio_bpp: str | None = field(repr=False)
    roles: tuple[Role, ...]
    system_roles: tuple[str, ...]
    data_roles: tuple[str, ...]
    units: tuple[Place, ...]
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    kle_read: tuple[str, ...] = ()
    kle_write: tuple[str, ...] = ()

    @property
    def function_roles(self) -> tuple[str, ...]:
        """System roles without limits."""
        return tuple(each for each in self.system_roles if each not in self.data_roles)

    @property
    def etag(self) -> str:
        """Changes with any claim."""
        return hashlib.sha256(repr(self).encode() + (self.oio_bpp or "").encode()).hexdigest()[:32]


def claims_of(
    session: neo4j.Session,
    subject: Subject,
    system: str | None,
    cvr: str,
    day: date,
    attributes: Attributes | None = None,
    receivers: Mapping[str, Receiving] | None = None,
) -> PersonClaims:
    """``system``: key, uuid or a source's key of an IT system; ``KOMBIT`` or None: all; or the name of one of
    ``receivers``. Raises NoClaims."""
    try:
        to = _recipient(session, system, receivers)
    except Unknown as unknown:
        raise NoClaims(400, "unknown_system", "The IT system is not known.") from unknown
    of = Asked(subject.person, subject.through, to.system)
    person: neo4j.Record

    def newest(session: neo4j.Session) -> int | None:
        nonlocal person
        person = session.run(_PERSON, person=subject.person, day=day, log=LOG).single(strict=True)
        return cast("int | None", person["number"])

    work = evaluation(session, of.person, day, newest=newest)
    rights = narrowed(work.of(of.person), of, work.organisation)
    try:
        document = privileges(rights, _receiver(session, to, work, rights, cvr, day))
    except DocumentTooLarge as large:
        raise NoClaims(500, "too_many_rights", "The person's privileges do not fit into a token.") from large
    performs, interested = _kle(work, of)
    return PersonClaims(
        subject.person,
        subject.login,
        x509_subject(cvr, person["name"] or "", subject.person),
        person["email"],
        document.encoded,
        _roles(rights),
        _system_roles(rights.held, limited=None),
        _system_roles(rights.held, limited=True),
        _places(person["ties"], of.through),
        {
            **({} if attributes is None else _attributes(session, attributes, subject, day)),
            **{each.name: (",".join(each.values),) for each in document.separate},
        },
        tuple(sorted(map(plain, collapse([*performs, *interested])))),
        tuple(sorted(map(plain, collapse(performs)))),
    )


def sent(
    session: neo4j.Session, of: Asked, system: str | None, cvr: str, day: date, receivers: Mapping[str, Receiving]
) -> Privileges:
    """What a login on a day would send of somebody's rights, and what it leaves out and why, whether or not the person
    can log in. ``of``: without a system. ``system``, ``receivers``: as ``claims_of`` has them.

    Raises Unknown; DocumentTooLarge.
    """
    to = _recipient(session, system, receivers)
    of = replace(of, system=to.system)
    work = evaluation(session, of.person, day)
    rights = narrowed(work.of(of.person), of, work.organisation)
    return privileges(rights, _receiver(session, to, work, rights, cvr, day))


@dataclass(frozen=True, slots=True)
class _Recipient:
    """Who is sent rights. ``system``: the uuid of the one that asks; None: KOMBIT. ``systems``: uuids of those whose
    roles it gets; empty: all."""

    receiving: Receiving
    system: str | None
    systems: frozenset[str]


def _recipient(session: neo4j.Session, system: str | None, receivers: Mapping[str, Receiving] | None) -> _Recipient:
    """Raises Unknown."""
    receiving = (receivers or {}).get(system or KOMBIT, Receiving("kombit" if system in (None, KOMBIT) else "system"))
    asking = None if receiving.profile == "kombit" else find(session, "ItSystem", str(system)).uuid
    systems = frozenset(find(session, "ItSystem", each).uuid for each in receiving.systems)
    return _Recipient(receiving, asking, systems)


def _kle(work: Evaluation, of: Asked) -> tuple[list[str], list[str]]:
    """Performed, with the employments' own, and interested in: by the rule that limits of rights follow as well."""
    ties = (each for each in work.routes.ties(of.person) if of.through in (None, each.uuid))
    found = [work.limits.deriving.kle_of(each) for each in ties]
    return [number for each, _ in found for number in each], [number for _, each in found for number in each]


def _places(ties: Sequence[Mapping[str, Any]], through: str | None) -> tuple[Place, ...]:
    """The units of employments and affiliations, each once."""

    def weight(tie: Mapping[str, Any]) -> tuple[Any, ...]:
        first = ALWAYS if tie["first"] is None else tie["first"].to_native()
        size = weight_of(tie["kind"], tie["fraction"], tie["hours"], first)
        return tie["tie"] == through, size, tie["tie"]

    main = max(ties, key=weight, default=None)
    names = {each["uuid"]: each["name"] or "" for each in ties}
    return tuple(sorted(Place(uuid, name, main is not None and uuid == main["uuid"]) for uuid, name in names.items()))


def _attributes(session: neo4j.Session, wanted: Attributes, subject: Subject, day: date) -> dict[str, tuple[str, ...]]:
    """Those that the settings name, of which there is one at least, by name. Raises NoClaims."""
    if not wanted.expressions:
        return {}
    facts = session.execute_read(facts_of, subject.account, subject.person, day, wanted.keyring)
    if facts is None:
        raise NoClaims(404, "unknown_user", "The user is not known.")
    try:
        found = attributes_of(wanted.expressions, facts)
    except ExpressionFailed as wrong:
        raise NoClaims(
            500, "no_attributes", "An attribute of the settings can't be worked out for this user."
        ) from wrong
    return {name: tuple(found[name]) for name in sorted(found) if found[name]}


def _receiver(
    session: neo4j.Session, to: _Recipient, work: Evaluation, rights: Rights, cvr: str, day: date
) -> Receiver:
    receiving = to.receiving
    at_kombit = AtKombit(None)
    if to.system is None:
        at_kombit = work.organisation.at_kombit or roles_at_kombit(session, day)
    return Receiver(
        receiving.profile,
        cvr,
        to.system,
        to.systems or None,
        at_kombit.known(cvr),
        receiving.namespace,
        None if receiving.units_of is None else _units_at(session, receiving.units_of, _units_in(rights)),
        frozenset(receiving.separate),
        at_kombit.contents,
    )


def _units_in(rights: Rights) -> set[str]:
    """The units (uuids) that limits name."""
    limits = (limit for held in rights.held for included in held.included for limit in included.limits)
    return {value for limit in limits if limit.type.content in ("unit", "payout") for value in limit.wire}


def _units_at(session: neo4j.Session, target: str, units: Collection[str]) -> frozenset[str]:
    """Of these units, those that a target's ledger has as delivered."""
    if not units:
        return frozenset()
    return frozenset(session.run(_EXPORTED, target=target, units=sorted(units)).value())


_EXPORTED = """
    UNWIND $units AS unit
    MATCH (e:LedgerEntry {target: $target, key: unit, state: 'delivered'})
    RETURN DISTINCT unit
    """
_PERSON = f"""
    MATCH (p:Person {{uuid: $person}})
    OPTIONAL MATCH (p)-[s:STATE]->(v)
    WHERE {in_force("s", "$day")}
    RETURN coalesce(v.name, trim(coalesce(v.given_name, '') + ' ' + coalesce(v.surname, ''))) AS name,
        v.work_email AS email,
        COLLECT {{
            MATCH (p)-[has:HAS]->(tie)-[i:IN]->(u:Unit)-[us:STATE]->(uv)
            WHERE {in_force("has", "$day")} AND {in_force("i", "$day")} AND {in_force("us", "$day")}
            RETURN {{
                uuid: u.uuid, name: uv.name, tie: tie.uuid, kind: labels(tie)[0], first: has.from,
                fraction: tie.fraction, hours: tie.weekly_hours
            }}
        }} AS ties,
        head(COLLECT {{ MATCH (log:ChangeLog {{name: $log}}) RETURN log.number }}) AS number
    LIMIT 1
    """
"""The number of the newest change is read in the same message to Neo4j."""


def _roles(rights: Rights) -> tuple[Role, ...]:
    found = {}
    for held in rights.held:
        right = held.right
        systems = sorted({each.system.title for each in held.included})
        number = right.number if isinstance(right, JobFunctionRole) else None
        title = f"{right.title} ({', '.join(systems)})" if systems else right.title
        found[right.uri or right.key] = Role(right.uri or right.key, number, title)
    return tuple(found[each] for each in sorted(found))


def _system_roles(held: Sequence[HeldRight], *, limited: bool | None) -> tuple[str, ...]:
    return tuple(
        sorted({
            each.system_role.uri or each.system_role.key
            for one in held
            for each in one.included
            if limited is None or any(not limit.unlimited for limit in each.limits) is limited
        })
    )  # fmt: skip
