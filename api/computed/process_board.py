"""``processBoard``: how the cases of each process fare."""

import neo4j

from api.access.roles import LOG
from api.computed.case_answers import current_name
from api.computed.contract import Answer, ComputedField, Plain, Request, answer_type
from graph.time import copenhagen_now
from processes.cases.listed import overview


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        return [
            {
                "id": each.process,
                "name": current_name(session, each.process),
                "running": each.running,
                "stuck": each.stuck,
                "ended": each.ended,
                "medianDays": each.days,
            }
            for each in overview(session, copenhagen_now())
        ]


FIELD = ComputedField(
    "processBoard",
    "How the cases of each process fare",
    (
        answer_type(
            "ProcessOverview",
            "A process and its cases",
            Plain("id", "ID!", "Id of the process"),
            Plain("name", "String!", "Name of the process"),
            Plain("running", "Int!", "Cases that go on"),
            Plain("stuck", "Int!", "Cases with a step that can't be made"),
            Plain("ended", "Int!", "Cases that have ended"),
            Plain(
                "medianDays", "Float", "Median of the days from start to end, of cases that ended in the last 90 days"
            ),
        ),
    ),
    LOG,
    _answer,
    whole="counts the cases of the whole organisation",
)
