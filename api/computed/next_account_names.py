"""``nextAccountNames``: the names that the next person of a name would get, by a policy or before it is saved."""

from dataclasses import replace
from typing import Any

import neo4j
from graphql import GraphQLError

from api.access.roles import LOG
from api.computed.contract import Answer, Argument, ComputedField, Plain, Request, answer_type
from graph.identity.lookup import find
from graph.model import LONGEST_INDEXED
from graph.name_patterns import LONGEST_LOGIN, PatternWrong, check_patterns
from graph.time import today
from rules.accounts.facts import NamePolicy
from rules.accounts.naming import NoName, next_name, policy_of, taken
from rules.accounts.reading import read

_PATTERNS = {
    "loginPatterns": ("logins", "login"),
    "principalNamePattern": ("principal_name", "principal_name"),
    "mailPattern": ("mail", "mail"),
    "commonNamePattern": ("common_name", "common_name"),
}
"""Argument → member of the policy, and the field that the pattern has to suit."""


def _answer(request: Request) -> list[Answer]:
    for name in ("givenName", "surname"):
        if len(request.arguments[name]) > LONGEST_INDEXED:  # a person's is no longer, either
            text = f"{name}: the text is longer than {LONGEST_INDEXED} letters"
            raise GraphQLError(text, extensions={"code": "wrong_value", "field": name})
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        facts = read(session, today(), [])
        asked, at = request.get("policy"), request.get("system")
        uuid = None if asked is None else find(session, "NamePolicy", asked).uuid
        policy = policy_of(facts, uuid)
        system = "" if at is None else find(session, "ItSystem", at).uuid
        known = taken(session, facts)
    policy = _changed(request, policy)
    given, surname = request.arguments["givenName"], request.arguments["surname"]
    try:
        names = next_name(facts, known, policy, given, surname, system)
    except NoName as none:
        raise GraphQLError(str(none), extensions={"code": "wrong_value"}) from none
    return [
        {
            "login": names.get("login"),
            "principalName": names.get("principal_name"),
            "email": names.get("email"),
            "commonName": names.get("common_name"),
        }
    ]


def _changed(request: Request, policy: NamePolicy) -> NamePolicy:
    for argument, (member, field) in _PATTERNS.items():
        told = request.get(argument)
        if told is None:
            continue
        try:
            check_patterns(told if isinstance(told, list | tuple) else (told,), field)
        except PatternWrong as wrong:
            extensions = {"code": "wrong_value", "field": argument}
            raise GraphQLError(f"{argument}: {wrong}", extensions=extensions) from wrong
        changed: dict[str, Any] = {member: tuple(told) if member == "logins" else told}
        policy = replace(policy, **changed)
    longest = request.get("longest")
    if longest is not None:
        if not 1 <= longest <= LONGEST_LOGIN:
            text = f"longest: {longest}; allowed: 1 to {LONGEST_LOGIN}"
            raise GraphQLError(text, extensions={"code": "wrong_value", "field": "longest"})
        policy = replace(policy, longest=longest)
    return policy


FIELD = ComputedField(
    "nextAccountNames",
    "The names that the next person of this name would get, by a policy or by patterns that are not saved; nothing is "
    "taken",
    (
        answer_type(
            "AccountNames",
            "The names of an account",
            Plain("login", "String!", "The next user name that is free"),
            Plain("principalName", "String", "userPrincipalName, where the policy makes one"),
            Plain("email", "String", "Mail address, where the policy makes one"),
            Plain("commonName", "String!", "Name in the directory (CN)"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "givenName": Argument("String!", "Given names of the person"),
        "surname": Argument("String!", "Surname of the person"),
        "policy": Argument("ID", "Key of the policy; omitted = the only one, or the usual patterns"),
        "system": Argument("ID", "Key of the system in which the name is to be free"),
        "loginPatterns": Argument("[String!]", "Patterns of the user name in place of the policy's"),
        "principalNamePattern": Argument("String", "In place of the policy's"),
        "mailPattern": Argument("String", "In place of the policy's"),
        "commonNamePattern": Argument("String", "In place of the policy's"),
        "longest": Argument("Int", "Most characters of a user name"),
    },
    many=False,
    whole="looks at the user names of the whole organisation, and would tell of people elsewhere",
)
