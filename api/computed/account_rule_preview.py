"""``accountRulePreview``: who gains and who loses an account by a rule, before it is saved."""

import neo4j
from graphql import GraphQLError

from api.access.roles import LOG
from api.computed.contract import AT, FIRST, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from graph.expressions import ExpressionRejected
from graph.identity.lookup import find
from graph.model.accounts import GIVE, PER_PERSON
from graph.time import Period, today
from rules.accounts.previewing import preview


def _answer(request: Request) -> list[Answer]:
    values = {
        "condition": request.get("condition"),
        "effect": request.get("effect") or GIVE,
        "per": request.get("per") or PER_PERSON,
        "licence": request.get("licence"),
        "lead_days": request.get("leadDays"),
        "grace_days": request.get("graceDays"),
        "after_days": request.get("afterDays"),
        "retention_days": request.get("retentionDays"),
        "expiry": request.get("expiry"),
        "order": request.get("order"),
    }
    life = Period(request.get("from") or today(), request.get("to"))
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        links = {"AT": find(session, "ItSystem", request.arguments["system"]).uuid}
        if request.get("unit") is not None:
            links["RULES_IN"] = request.find("Unit", request.get("unit"))
        if request.get("needs") is not None:
            links["NEEDS"] = find(session, "ItSystem", request.get("needs")).uuid
        if request.get("names") is not None:
            links["NAMED_BY"] = find(session, "NamePolicy", request.get("names")).uuid
        try:
            found = preview(session, request.day, request.arguments["key"], values, links, life)
        except ExpressionRejected as rejected:
            raise GraphQLError(f"condition: {rejected}", extensions={"code": "wrong_value"}) from rejected
    # A condition may ask for anything of a person: whether it holds would tell what is hidden of one who also works
    # elsewhere.
    every = (found.gains, found.loses, found.changes, found.same, found.failed)
    seen = request.seen_wholly(person for persons in every for person in persons)
    gains, loses, changes, same, failed = ([person for person in persons if person in seen] for persons in every)
    return [
        {
            "gaining": len(gains),
            "losing": len(loses),
            "changing": len(changes),
            "same": len(same),
            "failing": len(failed),
            "gains": gains[: request.first],
            "loses": loses[: request.first],
            "changes": changes[: request.first],
            "failed": failed[: request.first],
        }
    ]


FIELD = ComputedField(
    "accountRulePreview",
    "Who would gain and who would lose an account, on the day or later, if the rule were so from today on, or ended; "
    "nothing is saved",
    (
        answer_type(
            "AccountRulePreview",
            "What a rule would do",
            Plain("gaining", "Int!", "How many would gain an account"),
            Plain("losing", "Int!", "How many would lose theirs"),
            Plain("changing", "Int!", "How many would have theirs on other days, or with another licence or end"),
            Plain("same", "Int!", "How many have the same one with it and without it"),
            Plain("failing", "Int!", "For how many a condition can't be evaluated"),
            Thing("gains", ("Person",), "Who would gain one", many=True),
            Thing("loses", ("Person",), "Who would lose theirs", many=True),
            Thing(
                "changes", ("Person",), "Who would have theirs on other days, or with another licence or end", many=True
            ),
            Thing("failed", ("Person",), "Persons for whom a condition can't be evaluated", many=True),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "key": Argument("String!", "Key of the rule that it replaces, or of a new one"),
        "system": Argument("ID!", "Key of the system"),
        "condition": Argument("String", "The condition; omitted = all"),
        "effect": Argument("RuleEffect", "What the rule does; by default GIVE"),
        "per": Argument("AccountPer", "What there is one account for; by default PERSON"),
        "unit": Argument("ID", "The unit that it is for, and below; omitted = everywhere"),
        "licence": Argument("String", "The licence that the account needs"),
        "names": Argument("ID", "Key of the name policy"),
        "retentionDays": Argument("Int", "Days after it was closed before it may be deleted; omitted: never"),
        "expiry": Argument("Boolean", "The target writes the expiry date on the account"),
        "from": Argument("Date", "The first day on which the rule is so; by default today"),
        "to": Argument("Date", "The day after its last; today: the rule with this key ends now"),
        "graceDays": Argument("Int", "A gap of up to this many days between employments does not close it"),
        "afterDays": Argument("Int", "Days after the last day on which the account stays open"),
        "leadDays": Argument("Int", "Days before the first day on which the account is ready"),
        "needs": Argument("ID", "Key of another system: only while the person has an account there too"),
        "order": Argument("Int", "Among rules for the same unit, the lowest is asked first"),
        "at": AT,
        "first": FIRST,
    },
    many=False,
    only_now="rules are evaluated as they are known now",
    in_part=True,
)
