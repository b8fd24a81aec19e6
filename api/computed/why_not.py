"""``whyNot``: why a person does not hold a right, and what would give it."""

import neo4j

from api.access.places import PLACED
from api.access.rights import whole
from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.enums import enumerated
from graph.model.kind import name_of
from graph.questions.rights.asking import coming, evaluation, find_right
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import Thing as GivenBy
from graph.questions.rights.why_not import Missing, why_not


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        person = request.find("Person", request.arguments["person"])
        right = find_right(session, request.arguments["right"])
        work = evaluation(session, person, request.day, (right,), request.last_known)
        if person not in request.seen_wholly([person]):
            # What is held there would be told otherwise.
            raise whole("whyNot: the person also works where you may not read, so it", LOG)
        # Of days to come nothing is known as of an earlier day, nor where a limited caller may read then.
        is_plain = request.last_known is None and request.caller.scope is None
        later = coming(session, person, right, request.day) if is_plain else ()
        found = why_not(work, person, right, later)
    seen = request.seen((named.kind, named.uuid) for each in found for named in _named(work, each))
    return [
        {
            "step": name_of(each.step),
            **_words(each, all(named.uuid in seen for named in _named(work, each))),
            "grant": None if each.grant is None or each.grant.kind != "Grant" else each.grant.uuid,
        }
        for each in found
    ]


def _named(work: Evaluation, missing: Missing) -> list[GivenBy]:
    """What lies somewhere, of what the texts about a grant may name."""
    grant = None if missing.grant is None else work.organisation.grants.get(missing.grant.uuid)
    if grant is None:
        return []
    units = (*grant.within_units, *((grant.for_unit,) if grant.for_unit else ()))
    named = [*grant.given_to, *grant.exceptions, *(GivenBy("Unit", uuid) for uuid in units)]
    return [each for each in named if each.kind in PLACED]


def _words(missing: Missing, may_name: bool) -> Answer:
    if may_name:
        return {"text": missing.text, "remedy": missing.remedy or None}
    return {"text": f"{_STEPS[missing.step]}; it names places or people that you may not read", "remedy": None}


_STEPS = {
    "held": "Nothing is missing: it is held",
    "begins": "It is held from a later day on",
    "person": "The person is not there, or all rights are stopped",
    "left_out": "It is granted and left out",
    "requested": "A request for it waits for a decision",
    "condition": "A condition of the grant does not hold",
    "grantee": "The grant does not name the person",
    "no_grant": "Nothing grants it",
}
WhyNotStep = enumerated(
    "WhyNotStep",
    "Where a way to a right ends, the nearest first",
    _STEPS,
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
        "person": Argument("ID!", "UUID of the person, or a source's key"),
        "right": Argument("ID!", "Key or UUID of a job-function role or a system role"),
        "at": AT,
    },
    in_part=True,
)
