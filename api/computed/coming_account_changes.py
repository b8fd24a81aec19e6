"""``comingAccountChanges``: what will happen to accounts in the next days."""

from datetime import timedelta

import neo4j
from graphql import GraphQLError

from api.access.roles import LOG
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Pages, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.model.kind import name_of
from graph.time import today
from rules.accounts.real_names import real_names

_USUAL = 30
_MOST = 3660
DAYS = Argument("Int", f"How many days ahead; by default {_USUAL}")
_COUNTED = {"opening": "opens", "closing": "closes", "deleting": "is deleted"}
_CHANGES = """
MATCH (a:PlannedAccount)
WHERE a.from IS NOT NULL AND (a.to IS NULL OR a.to > $today OR a.delete_on >= $now) AND {inside}
CALL (a) {
    MATCH (a)-[l:STATE]->()
    WHERE l.from > $today AND l.from <= $last
        AND NOT EXISTS {
            MATCH (a)-[:OF_PERSON]->(:Person)-[s:STATE]->({stopped: true})
            WHERE s.from <= l.from AND (s.to IS NULL OR s.to > l.from)
        }
        AND NOT EXISTS { MATCH (a)-[before:STATE]->() WHERE before.to = l.from }
    RETURN l.from AS day, 'opens' AS what
    UNION
    MATCH (a)-[l:STATE]->()
    WHERE l.to > $today AND l.to <= $last
        AND NOT EXISTS { MATCH (a)-[after:STATE]->() WHERE after.from = l.to }
    RETURN l.to AS day, 'closes' AS what
    UNION
    WITH a
    WHERE a.delete_on > $now AND a.delete_on <= $until AND a.to <= date(a.delete_on)
    RETURN date(a.delete_on) AS day, 'is deleted' AS what
}
"""
_COMING = f"""{_CHANGES}
RETURN a.uuid AS account, a.key AS key, toString(day) AS day, what
ORDER BY day, what, a.key
LIMIT $first
"""
_TOTALS = f"""{_CHANGES}
RETURN what, count(*) AS count
"""


def _rows(request: Request, statement: str, first: int | None = None) -> list[neo4j.Record]:
    """Raises GraphQLError."""
    days = _USUAL if request.get("days") is None else request.get("days")
    if not 1 <= days <= _MOST:
        raise GraphQLError(f"days: {days}; allowed: 1 to {_MOST}", extensions={"code": "wrong_value"})
    last = today() + timedelta(days=days)
    inside, units = request.inside("PlannedAccount", "a")
    rows, _, _ = request.driver.execute_query(
        statement.replace("{inside}", inside),
        {
            **units,
            "today": today(),
            "last": last,
            "now": today().isoformat(),
            "until": last.isoformat(),
            "first": first,
        },
        routing_=neo4j.RoutingControl.READ,
    )
    return rows


def totals(request: Request) -> list[Answer]:
    """How many of each kind there are, in one answer. Raises GraphQLError."""
    counts = {row["what"]: row["count"] for row in _rows(request, _TOTALS)}
    found = {name: counts.get(what, 0) for name, what in _COUNTED.items()}
    return [{**found, "all": sum(found.values())}]


def _answer(request: Request) -> list[Answer]:
    rows = _rows(request, _COMING, first=request.first)
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        logins = real_names(session, (row["account"] for row in rows))
    return [
        {
            "account": row["account"],
            "key": row["key"],
            "day": row["day"],
            "what": name_of(row["what"]),
            "login": logins[row["account"]].login or None,
        }
        for row in rows
    ]


AccountChangeType = enumerated(
    "AccountChangeType",
    "What happens to an account",
    {"opens": "It opens", "closes": "It closes", "is deleted": "The target may delete it"},
)
FIELD = ComputedField(
    "comingAccountChanges",
    "What will happen to accounts in the next days, as planned now; by day. Accounts of stopped persons don't open",
    (
        answer_type(
            "ComingAccountChange",
            "A change of an account that is to come",
            Plain("day", "Date!", "The day on which it happens"),
            Plain("what", "AccountChangeType!", "What happens to the account"),
            Plain("login", "String", "The user name that the account has, which need not be the planned one"),
            Thing("account", ("PlannedAccount",), "The planned account"),
        ),
    ),
    LOG,
    _answer,
    arguments={"days": DAYS, "first": FIRST},
    enums=(AccountChangeType,),
    in_part=True,
    pages=Pages(order=lambda each: (each["day"], each["what"], each["key"] or "", each["account"])),
)
