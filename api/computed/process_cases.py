"""``processCases``: all cases, for those who look after processes."""

import neo4j

from api.access.roles import LOG
from api.computed.case_answers import LISTED, summary_forms
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Request, answer_type
from processes.cases.listed import STATES, cases


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        found = cases(
            session,
            process=request.get("process"),
            states=request.get("states") or STATES,
            first=request.first,
            after=request.get("after"),
        )
        return summary_forms(session, found)


FIELD = ComputedField(
    "processCases",
    "All cases, the newest first",
    (answer_type("CaseSummary", "Any case, not only one that the caller has started", *LISTED),),
    LOG,
    _answer,
    arguments={
        "process": Argument("ID", "Only of this process"),
        "states": Argument("[CaseState!]", "Only in these states"),
        "first": FIRST,
        "after": Argument("ID", "Id of the last case of the page before"),
    },
    whole="lists the cases of the whole organisation",
)
