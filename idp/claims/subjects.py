"""Who a caller means by a user name, and whether that person may have claims today.

A caller that asks at a login must never get another person's claims, nor a placeholder: an unknown, an ambiguous and an
inactive user are three different refusals (saml.md pitfalls 54 and 55).
"""

import base64
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

import neo4j

from graph.as_of import exists, in_force
from graph.collation import folded, sort_key
from graph.retry import NEVER

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
            WHERE {in_force("s", "$today")} AND v.stopped
        }} AND EXISTS {{
            MATCH (p)-[:HAS]->(tie)
            WHERE {exists("tie")}
        }}"""
_THROUGH = f"""head(COLLECT {{
            MATCH (a)-[used:USED_FOR]->(e:Employment)
            WHERE {in_force("used", "$today")}
            RETURN e.uuid
        }})"""
_ACCOUNTS = f"""
    MATCH (p:Person)-[owns:OWNS]->(a)
    WHERE {in_force("owns", "$today")}
    WITH p, a
    WHERE size($systems) = 0 OR EXISTS {{ MATCH (a)-[:AT]->(i:ItSystem) WHERE i.key IN $systems }}
    RETURN DISTINCT p.uuid AS person, a.uuid AS account, a.login AS login, a.principal_name AS principal_name,
        {exists("a")} AND coalesce(a.enabled, true) AND (a.expires IS NULL OR a.expires > $today) AS is_open,
        {_THROUGH} AS through, {_IS_ACTIVE} AS is_active
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
    MATCH (a:PlannedAccount {{uuid: $lower}})-[:OF_PERSON]->(p:Person)
    RETURN p.uuid AS person, null AS account, a.login AS login, true AS is_open, null AS through,
        {_IS_ACTIVE} AS is_active
    UNION
    MATCH (p:Person)-[owns:OWNS]->(a:Account {{uuid: $lower}})
    WHERE {in_force("owns", "$today")}
    RETURN p.uuid AS person, a.uuid AS account, a.login AS login, coalesce(a.enabled, true) AS is_open,
        {_THROUGH} AS through, {_IS_ACTIVE} AS is_active
    """


def subject_of(
    run: neo4j.Session | neo4j.ManagedTransaction,
    key: str,
    today: date,
    *,
    key_type: KeyType | None = None,
    domain: str | None = None,
    domains: Mapping[str, str] | None = None,
) -> Subject:
    """The person of a key, who is active today.

    ``key_type``: None = found by its form. ``domain``: NetBIOS name, as in ``DOMAIN\\user``. ``domains``: NetBIOS name
    → key of the IT system whose accounts are in it. Raises NoClaims.
    """
    name = unicodedata.normalize("NFC", key)
    if key_type in (None, "sam") and "\\" in name:
        domain, _, name = name.partition("\\")
    wrong = "\\" if key_type == "objectguid" else "\\/"  # which may be in Base64
    if not name or len(name) > _LONGEST or not name.isprintable() or any(each in name for each in wrong):
        raise NoClaims(404, "unknown_user", "This is not the name of a user.")
    systems = _systems(domain, domains or {})
    found = _found(run, name, key_type, systems, today)
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
    # An account for one employment has the rights of that one; of several accounts, those of the person.
    one = open_[0]
    account, through = (one["account"], one["through"]) if len(open_) == 1 else (None, None)
    return Subject(person, account, one["login"], through)


def _systems(domain: str | None, domains: Mapping[str, str]) -> list[str]:
    if domain is None:
        return sorted(set(domains.values()))
    known = {name.casefold(): system for name, system in domains.items()}
    if domain.casefold() not in known:
        raise NoClaims(404, "unknown_domain", "This domain is not in the settings (idp.domains).")
    return [known[domain.casefold()]]


def _found(
    run: neo4j.Session | neo4j.ManagedTransaction,
    name: str,
    key_type: KeyType | None,
    systems: Sequence[str],
    today: date,
) -> list[dict[str, Any]]:
    kind: KeyType = key_type or ("uuid" if _UUID.fullmatch(name) else "upn" if "@" in name else "sam")
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
