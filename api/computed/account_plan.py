"""``accountPlan``: which accounts a person should have, beside those that are there; why, and why not."""

import neo4j

from api.access.rights import whole
from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.model.kind import name_of
from rules.accounts.explaining import explain


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        person = request.find("Person", request.arguments["person"])
        if person not in request.seen_wholly([person]):
            raise whole("accountPlan: the person also works where you may not read, so it", LOG)
        found = explain(session, person, request.day)
        there = session.run(_OBSERVED, person=person)
        observed = {row["system"]: row["accounts"] for row in there}
    return [
        {
            "system": each.system.uuid,
            "open": each.open,
            "reason": name_of(each.reason),
            "text": each.text,
            "opens": None if each.since is None else each.since.isoformat(),
            "rule": None if each.rule is None else each.rule.uuid,
            "login": each.login,
            "email": each.email,
            "planned": each.planned,
            "observed": observed.get(each.system.uuid, []),
        }
        for each in found
    ]


_OBSERVED = """
MATCH (:Person {uuid: $person})-[owns:OWNS]->(a:Account)-[:AT]->(s:ItSystem)
WHERE a.active AND owns.to IS NULL
RETURN s.uuid AS system, collect(a.uuid) AS accounts
"""
AccountReason = enumerated(
    "AccountReason",
    "Why a person is to have an account in a system, or not",
    {
        "given": "A rule gives it",
        "exception": "An exception for the person gives it",
        "extra": "It is an extra account that people have asked for",
        "lead": "A rule gives it before the first day of work, or for a while after the last",
        "waits": "It is given, and opens on a later day, or is not planned yet",
        "needs": "A rule gives it only beside an account in another system, and none is open there",
        "stopped": "All rights of the person are stopped",
        "withheld": "A rule or an exception withholds it",
        "kept": "An exception keeps the account as it is",
        "failed": "The condition of a rule can't be evaluated for the person",
        "condition": "The person meets the condition of no rule",
        "no_rule": "No rule is for the person's unit",
        "no_unit": "The person's employment or affiliation is in no unit",
        "no_tie": "The person has no employment or affiliation on the day",
        "dead": "The person is dead, and no rule or exception gives the dead an account",
    },
)
FIELD = ComputedField(
    "accountPlan",
    "Which accounts a person should have on a day, beside those that are there: why, and why not; by system",
    (
        answer_type(
            "AccountPlan",
            "What the account rules make of a person in one system",
            Thing("system", ("ItSystem",), "The system"),
            Plain("open", "Boolean!", "An account is to be open on the day"),
            Plain("reason", "AccountReason!", "Why, or why not"),
            Plain("text", "String!", "Why, or why not, in words"),
            Plain("opens", "Date", "The day on which it opens, if that is to come"),
            Thing("rule", ("AccountRule",), "The rule that gives or withholds it"),
            Plain(
                "login",
                "String",
                "The user name that the account has, which need not be the planned one",
            ),
            Plain("email", "String", "The mail address that it has, which need not be the planned one"),
            Thing("planned", ("PlannedAccount",), "The planned account"),
            Thing("observed", ("Account",), "The person's accounts that are there", many=True),
        ),
    ),
    LOG,
    _answer,
    arguments={"person": Argument("ID!", "UUID of the person, or a source's key"), "at": AT},
    only_now="rules are evaluated as they are known now",
    enums=(AccountReason,),
    in_part=True,
)
