"""``deprecatedUses``: the tokens that still use deprecated fields."""

from datetime import date

import neo4j

from api.access.roles import RUNS
from api.computed.contract import FIRST, Answer, ComputedField, Pages, Plain, Request, answer_type
from api.model.deprecated import USES

_USES = """
MATCH (use:DeprecatedUse)
WHERE use.field IN $fields
RETURN use.token AS token, use.field AS field, toString(use.first) AS first, toString(use.last) AS last,
       use.days AS days
ORDER BY last DESC, token, field
LIMIT $first
"""


def _answer(request: Request) -> list[Answer]:
    rows, _, _ = request.driver.execute_query(
        _USES, fields=list(USES), first=request.first, routing_=neo4j.RoutingControl.READ
    )
    deprecated = {name: {"until": each.until.isoformat(), "instead": each.instead} for name, each in USES.items()}
    return [{**row.data(), **deprecated[row["field"]]} for row in rows]


FIELD = ComputedField(
    "deprecatedUses",
    "The tokens that still use deprecated fields, the latest use first",
    (
        answer_type(
            "DeprecatedUse",
            "A token that uses a deprecated field",
            Plain("token", "String!", "Name of the token"),
            Plain("field", "String!", "The field, as Type.field; or 'variables of type String' where an ID belongs"),
            Plain("instead", "String!", "What to use instead"),
            Plain("until", "Date", "The first day on which the field may be removed"),
            Plain("first", "Date!", "The first day on which the token used it"),
            Plain("last", "Date!", "The last day on which the token used it"),
            Plain("days", "Int!", "Number of days on which the token used it"),
        ),
    ),
    RUNS,
    _answer,
    arguments={"first": FIRST},
    whole="lists tokens, which belong to no place",
    pages=Pages(order=lambda each: (-date.fromisoformat(each["last"]).toordinal(), each["token"], each["field"])),
)
