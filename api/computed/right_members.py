"""``rightMembers``: everyone who holds each of several rights, for targets that keep a group of each."""

import neo4j

from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.computed.rights import HOLDERS
from graph.model.rights import RIGHTS
from graph.questions.rights.asking import evaluation_of_all, known_rights
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.holders import members


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        asked = known_rights(session, request.arguments["rights"])
        if not asked:
            return []
        work = evaluation_of_all(session, request.day, request.last_known)
    return _answers(request, work, asked)


def _answers(request: Request, work: Evaluation, asked: dict[str, str]) -> list[Answer]:
    held = members(work, asked)
    within: dict[str, list[str]] = {uuid: [] for uuid in asked}
    for other in sorted(asked):
        for uuid in work.bundles.amounts_to(other) & asked.keys() - {other}:
            within[uuid].append(other)
    seen = request.seen((kind, uuid) for subjects in held.values() for uuid in subjects for kind in HOLDERS)
    return [
        {
            "asked": name,
            "right": uuid,
            "subjects": sorted(each for each in held[uuid] if each in seen),
            "within": within[uuid],
        }
        for uuid, name in asked.items()
    ]  # fmt: skip


FIELD = ComputedField(
    "rightMembers",
    "Everyone who holds each of these rights on a day. Unknown rights are left out",
    (
        answer_type(
            "RightMembers",
            "The people who hold a right",
            Plain("asked", "String!", "The name by which the right was asked for"),
            Thing("right", RIGHTS, "The job-function role or system role", interface="Right"),
            Thing(
                "subjects", HOLDERS, "The employments, affiliations and persons through which it is held", many=True,
                interface="Holder",
            ),
            Thing("within", RIGHTS, "Those of the others asked for that include it", many=True, interface="Right"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "rights": Argument("[ID!]!", "Keys or UUIDs of job-function roles and system roles"),
        "at": AT,
    },
    looks_at=("Employment", "Affiliation", "Assignment"),
    in_part=True,
)  # fmt: skip
