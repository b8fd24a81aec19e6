"""``approvalPreview``: what a grant, a request or a setting that leaves a type open gives, for who is to approve it."""

import neo4j

from api.access.roles import LOG
from api.computed.contract import FIRST, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.computed.rights import held_form, omitted_form
from graph.errors import Unknown
from graph.identity.lookup import find
from graph.model.rights import RIGHTS
from graph.questions.preview.approving import APPROVABLE, to_approve


def _answer(request: Request) -> list[Answer]:
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        kind, uuid = _found(session, request.arguments["thing"])
        found = to_approve(session, kind, uuid)
    held, left_out = found.held[: request.first], found.left_out[: request.first]
    return [
        {
            "digest": found.digest,
            "kind": kind,
            "uuid": uuid,
            "day": found.day.isoformat(),
            "rights": [] if found.content is None else list(found.content.rights),
            "until": None if found.content is None else found.content.until,
            "persons": len({each.person.uuid for each in found.held}),
            "held": [held_form(each) for each in held],
            "omitted": [omitted_form(each) for each in left_out],
            "leftOff": len(found.held) + len(found.left_out) - len(held) - len(left_out),
        }
    ]


def _found(session: neo4j.Session, name: str) -> tuple[str, str]:
    """Kind and uuid. Raises Unknown, Ambiguous."""
    for kind in APPROVABLE:
        try:
            return kind, find(session, kind, name).uuid
        except Unknown:
            continue
    text = f"no grant, request or constraint setting is known as {name!r}; give its key or UUID"
    raise Unknown("unknown_grant", text, name)


FIELD = ComputedField(
    "approvalPreview",
    "What a grant, a request, or a setting that leaves a type open gives once it is approved",
    (
        answer_type(
            "ApprovalPreview",
            "What an approver is asked to approve",
            Plain("digest", "String!", "Of all of it, also of what is left off: the approval names it"),
            Plain("kind", "Kind!", "Grant, RightsRequest or ConstraintSetting"),
            Plain("uuid", "ID!", "UUID of the grant, request or setting"),
            Plain("day", "Date!", "The day that is looked at"),
            Thing(
                "rights", RIGHTS, "What it gives, with all that this includes; of a setting, what it leaves open",
                many=True, interface="Right",
            ),
            Plain("until", "Date", "The day after its last; null: until further notice"),
            Plain("persons", "Int!", "How many people would hold something by it"),
            Part("held", "HeldRight", "Who would hold what, within which limits", many=True),
            Part("omitted", "OmittedRight", "Whom it reaches and gives nothing, and why", many=True),
            Plain("leftOff", "Int!", "How many of both are left off, above first"),
        ),
    ),
    LOG,
    _answer,
    many=False,
    arguments={
        "thing": Argument("ID!", "UUID or key of the grant, the request or the constraint setting"),
        "first": FIRST,
    },
    looks_at=("Employment", "Affiliation", "Assignment"),
    whole="tells of everybody whom the right reaches",
)  # fmt: skip
