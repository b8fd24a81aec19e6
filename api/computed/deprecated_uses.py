"""``deprecatedUses``: who still asks for fields that will go."""

import neo4j

from api.access.roles import RUNS
from api.computed.contract import FIRST, Answer, ComputedField, Plain, Request, answer_type
from api.reads.deprecated import DEPRECATED

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
        _USES, fields=list(DEPRECATED), first=request.first, routing_=neo4j.RoutingControl.READ
    )
    told = {name: {"until": each.until.isoformat(), "instead": each.instead} for name, each in DEPRECATED.items()}
    return [{**row.data(), **told[row["field"]]} for row in rows]


FIELD = ComputedField(
    "deprecatedUses",
    "Which tokens still ask for fields that will go, the latest use first",
    (
        answer_type(
            "DeprecatedUse",
            "A token that asks for a field that will go",
            Plain("token", "String!", "Name of the token"),
            Plain("field", "String!", "The field, as Type.field"),
            Plain("instead", "String!", "What to ask for instead"),
            Plain("until", "Date", "The first day on which the field may be gone"),
            Plain("first", "Date", "The first day on which it was asked for"),
            Plain("last", "Date", "The last day on which it was asked for"),
            Plain("days", "Int!", "On how many days it was asked for"),
        ),
    ),
    RUNS,
    _answer,
    arguments={"first": FIRST},
)
