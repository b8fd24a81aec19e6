"""``myCases``: the cases that the caller has started."""

import neo4j

from api.access.roles import OWNERS
from api.computed.case_answers import LISTED, summary_forms
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Request, answer_type
from processes.cases.listed import STATES, cases


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access
    if access is None or access.person is None:
        return []  # a machine has no cases
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = cases(
            session,
            started_by=access.person,
            states=request.get("states") or STATES,
            first=request.first,
            after=request.get("after"),
        )
        return summary_forms(session, found)


FIELD = ComputedField(
    "myCases",
    "The cases that the caller has started, the newest first",
    (answer_type("OwnCase", "A case that the caller has started", *LISTED),),
    OWNERS,
    _answer,
    arguments={
        "states": Argument("[CaseState!]", "Only in these states"),
        "first": FIRST,
        "after": Argument("ID", "Id of the last case of the page before"),
    },
    in_part=True,
)
