"""``said``: for each property of a thing, who claims what, what holds, and why."""

from typing import Any

import neo4j
from graphql import GraphQLError

from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.reads.filters import camel
from graph.identity.lookup import find
from graph.model import KINDS
from graph.questions.provenance import Claim, Claims, provenance
from graph.statements.statement import Value


def _answer(request: Request) -> list[Answer]:
    kind = kind_of(request)
    with request.driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        uuid = find(session, kind, request.arguments["thing"]).uuid
    told = provenance(request.driver, request.resources.order, kind, uuid, request.day)
    return [form(each) for each in told if may(each, request.caller.rights)]


def kind_of(request: Request) -> str:
    """The argument ``kind``. Raises GraphQLError (unknown_kind)."""
    kind = str(request.arguments["kind"])
    if kind not in KINDS:
        raise GraphQLError(f"kind: one of {', '.join(KINDS)}", extensions={"code": "unknown_kind"})
    return kind


def may(said: Claims, rights: frozenset[str]) -> bool:
    """Whether they may be read with these rights."""
    return said.access == "open" or said.access in rights


def form(said: Claims) -> Answer:
    return {
        "property": camel(said.name),
        "rule": said.rule,
        "disagree": said.disagree,
        "sayings": [_saying(each) for each in said.sayings],
    }


def _saying(saying: Claim) -> Answer:
    return {
        "source": saying.source,
        "key": saying.record,
        "value": _text(saying.value) if saying.key is None else saying.key,
        "thing": saying.to,
        "from": saying.period.start.isoformat(),
        "to": None if saying.period.end is None else saying.period.end.isoformat(),
        "learnt": saying.learnt or None,
        "holds": saying.holds,
    }


def _text(value: Value | None) -> Any:
    if value is None:
        return None
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


FIELD = ComputedField(
    "said",
    "For each property of a thing: who says what, what holds, and why",
    (
        answer_type(
            "Sayings",
            "Who says what of one property, link or of the existence (exists) of a thing, highest first",
            Plain("property", "String!", "Name of the property or link; exists = that it exists"),
            Plain("rule", "String!", "Why the one that holds does"),
            Plain("disagree", "Boolean!", "Two sources say different things of which one can hold"),
            Part("sayings", "Saying", "What each source says", many=True),
        ),
        answer_type(
            "Saying",
            "What one source says of one property on a day",
            Plain("source", "String!", "The source"),
            Plain("key", "String!", "What the source calls the thing"),
            Plain("value", "String", "The value as text; several values are joined by ', '"),
            Thing("thing", tuple(KINDS), "What a link points to", interface="Thing"),
            Plain("from", "Date", "The first day of which the source says so; 0001-01-01 = always so far"),
            Plain("to", "Date", "The day after the last; null = until further notice"),
            Plain("learnt", "Moment", "When the source sent this"),
            Plain("holds", "Boolean!", "It is what holds on the day"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "kind": Argument("String!", "Kind of the thing, such as Person"),
        "thing": Argument("String!", "UUID of the thing, or a source's key"),
        "at": AT,
    },
)
