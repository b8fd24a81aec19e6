"""``rightsSent``: what a login would send of a person's rights, and what it leaves out."""

import neo4j

from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.computed.rights import omitted_form
from graph.questions.rights.asking import asked
from idp.claims.merging import Constraint
from idp.claims.oio_bpp import DocumentTooLarge, Privileges
from idp.claims.person_claims import sent

NO_CVR = "Nothing is sent: idp.cvr, the municipality's CVR number, is not set."


def _answer(request: Request) -> list[Answer]:
    operated = request.resources.operated
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        person, employment, account = (request.get(each) for each in ("person", "employment", "account"))
        of = asked(session, person, employment, account, at=request.day)
        if operated.cvr is None:
            return [_form(of.person, Privileges(), NO_CVR)]
        try:
            found = sent(session, of, request.get("receiver"), operated.cvr, request.day, operated.receivers)
        except DocumentTooLarge as large:
            return [_form(of.person, Privileges(), f"Nothing is sent: {large}")]
    return [_form(of.person, found)]


def _form(person: str, found: Privileges, refused: str | None = None) -> Answer:
    return {
        "person": person,
        "groups": [
            {"scope": each.scope, "privilege": each.privilege, "constraints": _constraints(each.constraints)}
            for each in found.groups
        ],
        "attributes": _constraints(found.separate),
        "omitted": [omitted_form(each) for each in found.omitted],
        "warnings": list(found.warnings),
        "bytes": found.size,
        "refused": refused,
    }


def _constraints(given: tuple[Constraint, ...]) -> list[Answer]:
    return [{"name": each.name, "values": list(each.values)} for each in given]


FIELD = ComputedField(
    "rightsSent",
    "What a login on a day would send a receiver of a person's rights, and what it would leave out and why",
    (
        answer_type(
            "RightsSent",
            "What a receiver is sent of a person's rights as OIO-BPP, if the person can log in",
            Thing("person", ("Person",), "The person who has them"),
            Part("groups", "SentGroup", "The groups of the document; without any, no document is sent", many=True),
            Part("attributes", "SentConstraint", "Parameters that are sent as attributes beside it", many=True),
            Part("omitted", "OmittedRight", "What is granted, but not sent", many=True),
            Plain("warnings", "[String!]!", "What is smaller than it was meant to be, or hardly fits"),
            Plain("bytes", "Int!", "Size of the document"),
            Plain("refused", "String", "Why nothing is sent, not even the other claims"),
        ),
        answer_type(
            "SentGroup",
            "One privilege with its constraints; all of them hold together",
            Plain("scope", "String!", "Whose privilege it is: as a rule an authority, by its CVR number"),
            Plain("privilege", "String!", "URI of the job-function role or system role"),
            Part("constraints", "SentConstraint", "What it is limited to", many=True),
        ),
        answer_type(
            "SentConstraint",
            "The values of a constraint, of which each counts",
            Plain("name", "String!", "URI of the parameter at KOMBIT, or of the constraint type"),
            Plain("values", "[String!]!", "As the receiver compares with them"),
        ),
    ),
    LOG,
    _answer,
    many=False,
    arguments={
        "person": Argument("ID", "UUID of the person, or a source's key; give one of person, employment, account"),
        "employment": Argument("ID", "UUID or key of an employment or affiliation: what is held through it"),
        "account": Argument("ID", "UUID or key of an account: what its owner may do with it"),
        "receiver": Argument("ID", "Who is sent it: KOMBIT (the default), a system's key, or a name in idp.receivers"),
        "at": AT,
    },
    only_now="what KOMBIT has, and which units it was sent, is kept as it is known now",
    whole="tells of every limit, wherever it lies",
)
