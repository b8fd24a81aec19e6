"""Who a caller means by a user name, and whether that person may have claims today.

A caller that asks at a login must never get another person's claims, nor a placeholder: an unknown, an ambiguous and an
inactive user are three different refusals (saml.md pitfalls 54 and 55).
"""

import base64
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

import neo4j

from graph.as_of import exists, in_force
from graph.collation import folded, sort_key
from graph.model.accounts import PER_EMPLOYMENT
from graph.retry import NEVER
from graph.unicode_forms import in_form

KeyType = Literal["sam", "upn", "uuid", "objectguid"]
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST = 256


class NoClaims(Exception):
    """There are no claims. ``status``: of HTTP; ``code``: for the caller. The text quotes no name."""

    retry = NEVER

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Subject:
    """Who is meant. ``account``: the observed account. ``through``: the one employment that it is for, if it is."""

    person: str
    account: str | None
    login: str | None
    through: str | None = None


_IS_ACTIVE = f"""NOT EXISTS {{
            MATCH (p)-[s:STATE]->(v)
            WHERE {in_force("s", "$today")} AND (v.stopped OR v.dead)
        }} AND EXISTS {{
            MATCH (p)-[:HAS]->(tie)
            WHERE {exists("tie")}
        }}"""
_IS_OPEN = f"""{exists("a")} AND coalesce(a.enabled, true) AND (a.expires IS NULL OR a.expires > $today)"""
_THROUGH = f"""head(COLLECT {{
            MATCH (a)-[used:USED_FOR]->(e:Employment)
            WHERE {in_force("used", "$today")}
            RETURN e.uuid
        }})"""
# A planned account has an employment for its title, too, where it is for all of them.
_THROUGH_PLANNED = f"""CASE WHEN EXISTS {{
            MATCH (a)-[given:GIVEN_BY]->(:AccountRule)-[s:STATE]->(v {{per: '{PER_EMPLOYMENT}'}})
            WHERE {in_force("given", "$today")} AND {in_force("s", "$today")}
        }} THEN {_THROUGH} END"""
_ACCOUNTS = f"""
    MATCH (p:Person)-[owns:OWNS]->(a)
    WHERE {in_force("owns", "$today")}
    WITH p, a
    WHERE size($systems) = 0 OR EXISTS {{ MATCH (a)-[:AT]->(i:ItSystem) WHERE i.key IN $systems }}
    RETURN DISTINCT p.uuid AS person, a.uuid AS account, a.login AS login, a.principal_name AS principal_name,
        {_IS_OPEN} AS is_open, {_THROUGH} AS through, {_IS_ACTIVE} AS is_active
    """
# By indexes that hold each name in one form; which of what they find is the name that was asked for, is for Python.
_BY_LOGIN = f"""
    MATCH (a:Account)
    USING INDEX a:Account(sort_key, uuid)
    WHERE a.sort_key = $sort_key AND a.uuid IS NOT NULL
    WITH a
    {_ACCOUNTS}"""
_BY_LOGIN_WITHOUT_LETTERS = f"""
    MATCH (a:Account)
    USING INDEX a:Account(login)
    WHERE a.login = $name
    WITH a
    {_ACCOUNTS}"""
_BY_PRINCIPAL_NAME = f"""
    MATCH (a:Account)
    USING INDEX a:Account(principal_key)
    WHERE a.principal_key = $folded
    WITH a
    {_ACCOUNTS}"""
_BY_OBJECT_GUID = f"""
    MATCH (r:SourceRecord)-[:TELLS]->(a:Account)
    USING INDEX r:SourceRecord(key)
    WHERE r.key IN $guids
    WITH DISTINCT a
    {_ACCOUNTS}"""
_BY_UUID = f"""
    MATCH (p:Person {{uuid: $lower}})
    RETURN p.uuid AS person, null AS account, null AS login, true AS is_open, null AS through,
        {_IS_ACTIVE} AS is_active
    UNION
    MATCH (a:PlannedAccount {{uuid: $lower}})-[of:OF_PERSON]->(p:Person)
    RETURN p.uuid AS person, null AS account, a.login AS login,
        {exists("a")} AND {in_force("of", "$today")} AS is_open, {_THROUGH_PLANNED} AS through,
        {_IS_ACTIVE} AS is_active
    UNION
    MATCH (p:Person)-[owns:OWNS]->(a:Account {{uuid: $lower}})
    WHERE {in_force("owns", "$today")}
    RETURN p.uuid AS person, a.uuid AS account, a.login AS login, {_IS_OPEN} AS is_open, {_THROUGH} AS through,
        {_IS_ACTIVE} AS is_active
    """


def subject_of(
    run: neo4j.Session | neo4j.ManagedTransaction,
    key: str,
    today: date,
    *,
    key_type: KeyType | None = None,
    domain: str | None = None,
    domains: Mapping[str, str] | None = None,
    systems: Collection[str] = (),
) -> Subject:
    """The person of a key, who is active today.

    ``key_type``: None = found by its form. ``domain``: NetBIOS name, as in ``DOMAIN\\user``. ``domains``: NetBIOS name
    → key of the IT system whose accounts are in it. ``systems``: those whose accounts may be meant; empty: those of
    ``domains``. A name is looked up in these only: elsewhere it may be another person's. Raises NoClaims.
    """
    name = in_form("NFC", key)
    if key_type in (None, "sam") and "\\" in name:
        domain, _, name = name.partition("\\")
    wrong = "\\" if key_type == "objectguid" else "\\/"  # which may be in Base64
    if not name or len(name) > _LONGEST or not name.isprintable() or any(each in name for each in wrong):
        raise NoClaims(404, "unknown_user", "This is not the name of a user.")
    kind: KeyType = key_type or ("uuid" if _UUID.fullmatch(name) else "upn" if "@" in name else "sam")
    found = _found(run, name, kind, _systems(kind, domain, domains or {}, systems), today)
    # A name that was another person's before is the one's who has it now.
    persons = {each["person"] for each in found if each["is_open"]} or {each["person"] for each in found}
    if not persons:
        raise NoClaims(404, "unknown_user", "No account has this name.")
    if len(persons) > 1:
        raise NoClaims(409, "ambiguous_user", "Accounts of several people have this name; give the domain.")
    open_ = [each for each in found if each["is_open"]]
    (person,) = persons
    if not open_ or not open_[0]["is_active"]:
        raise NoClaims(403, "inactive_user", "The account or its owner is not active today.")
    # An account for one employment has the rights of that one; several accounts of a person must agree on it.
    if len({each["through"] for each in open_}) > 1:
        raise NoClaims(409, "ambiguous_user", "Accounts for different employments have this name; give the domain.")
    one = open_[0]
    return Subject(person, one["account"] if len(open_) == 1 else None, one["login"], one["through"])


def _systems(kind: KeyType, domain: str | None, domains: Mapping[str, str], systems: Collection[str]) -> list[str]:
    """The IT systems in which a key is looked up; none: in all, for what is one account's everywhere."""
    allowed = sorted(systems or set(domains.values()))
    if domain is not None:
        of_domain = {name.casefold(): system for name, system in domains.items()}.get(domain.casefold())
        if of_domain is None or of_domain not in allowed:
            raise NoClaims(404, "unknown_domain", "This domain is not in the settings (idp.domains).")
        return [of_domain]
    if not allowed and kind in ("sam", "upn"):
        raise NoClaims(404, "no_systems", "No IT system to look names up in is in the settings (idp.domains).")
    return allowed


def _found(
    run: neo4j.Session | neo4j.ManagedTransaction,
    name: str,
    kind: KeyType,
    systems: Sequence[str],
    today: date,
) -> list[dict[str, Any]]:
    lower = folded(name)
    given = {"lower": lower, "systems": list(systems), "today": today}
    if kind == "uuid":
        return [dict(row) for row in run.run(_BY_UUID, given)]
    if kind == "upn":
        return [dict(row) for row in run.run(_BY_PRINCIPAL_NAME, given, folded=folded(name))]
    if kind == "objectguid":
        return [dict(row) for row in run.run(_BY_OBJECT_GUID, given, guids=_guids(name))]
    key = sort_key(name)
    by = _BY_LOGIN if key else _BY_LOGIN_WITHOUT_LETTERS
    rows = run.run(by, given, sort_key=key, name=name)
    return [dict(row) for row in rows if folded(row["login"] or "") == folded(name)]


def _guids(name: str) -> list[str]:
    """A GUID as text, in braces or not; or its octets in Base64, as ADFS has objectGUID, or in Base64url."""
    bare = name.strip("{}").lower()
    if _UUID.fullmatch(bare):
        return [bare]
    try:
        octets = base64.b64decode(name.translate(str.maketrans("-_", "+/")), validate=True)
    except ValueError:
        return []
    return [str(UUID(bytes_le=octets))] if len(octets) == 16 else []
