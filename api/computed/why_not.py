"""``whyNot``: why a person does not hold a right, and what would give it."""

import neo4j

from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.enums import enumerated, name_of
from graph.identity.lookup import find
from graph.questions.rights.asking import evaluation, find_right
from graph.questions.rights.why_not import why_not


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        person = find(session, "Person", request.arguments["person"]).uuid
        right = find_right(session, request.arguments["right"])
        work = evaluation(session, person, request.day, (right,), request.last_known)
    return [
        {
            "step": name_of(each.step),
            "text": each.text,
            "remedy": each.remedy or None,
            "grant": None if each.grant is None or each.grant.kind != "Grant" else each.grant.uuid,
        }
        for each in why_not(work, person, right)
    ]


WhyNotStep = enumerated(
    "WhyNotStep",
    "Where a way to a right ends, the nearest first",
    {
        "held": "Nothing is missing: it is held",
        "person": "The person is not there, or all rights are stopped",
        "left_out": "It is granted and left out",
        "requested": "A request for it waits for a decision",
        "condition": "A condition of the grant does not hold",
        "grantee": "The grant does not name the person",
        "no_grant": "Nothing grants it",
    },
)
FIELD = ComputedField(
    "whyNot",
    "Why a person does not hold a right on a day: the nearest way to it first, with what would help",
    (
        answer_type(
            "WhyNot",
            "One way in which the right could come, and where it ends",
            Plain("step", "WhyNotStep!", "Where it ends; the list is in this order"),
            Plain("text", "String!", "What fails"),
            Plain("remedy", "String", "What would give the right"),
            Thing("grant", ("Grant",), "The grant that it concerns"),
        ),
    ),
    LOG,
    _answer,
    enums=(WhyNotStep,),
    arguments={
        "person": Argument("String!", "UUID of the person, or a source's key"),
        "right": Argument("String!", "Key or UUID of a job-function role or a system role"),
        "at": AT,
    },
)
