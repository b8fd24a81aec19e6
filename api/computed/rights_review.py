"""``rightsReview``: rights that end soon, reach no one, conflict, lack an approval or became invalid."""

import neo4j
from graphql import GraphQLError

from api.access.roles import LOG
from api.computed.contract import AT, FIRST, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from graph.questions.rights.attesting import reviewed
from graph.questions.rights.review import FINDINGS


def _answer(request: Request) -> list[Answer]:
    wanted = request.get("findings") or FINDINGS
    unknown = sorted(set(wanted) - set(FINDINGS))
    if unknown:
        text = f"findings: {', '.join(unknown)} is not one of {', '.join(FINDINGS)}"
        raise GraphQLError(text, extensions={"code": "wrong_value"})
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = [each for each in reviewed(session, request.day, request.last_known) if each.finding in wanted]
    return [
        {
            "finding": each.finding,
            "kind": each.about.kind,
            "uuid": each.about.uuid,
            "title": each.about.title,
            "text": each.text,
            "person": None if each.person is None else each.person.uuid,
            "until": None if each.until is None else each.until.isoformat(),
            "owners": list(each.owners),
        }
        for each in found[: request.first]
    ]


FIELD = ComputedField(
    "rightsReview",
    "Rights to review: those that end within 60 days, reach no one, conflict, are not approved, or became invalid",
    (
        answer_type(
            "RightsFinding",
            "Something about rights that should be looked at",
            Plain("finding", "String!", ", ".join(FINDINGS)),
            Plain("kind", "String!", "Kind of the thing that it is about, such as Grant"),
            Plain("uuid", "ID!", "UUID of that thing"),
            Plain("title", "String!", "What people call it"),
            Plain("text", "String!", "What is found"),
            Thing("person", ("Person",), "Whom it concerns: the holder of a right that ends, or of a conflict"),
            Plain("until", "Date", "The day after the last, of what ends"),
            Thing("owners", ("Person",), "Who holds a role about the system", many=True),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "findings": Argument("[String!]", f"Only these: {', '.join(FINDINGS)}"),
        "at": AT,
        "first": FIRST,
    },
    looks_at=("Employment", "Affiliation", "Assignment"),
)
