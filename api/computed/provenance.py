"""``provenance``: for each property of a thing, which source claims what, which claim is effective, and why."""

from dataclasses import replace
from typing import Any

from api.access.places import PLACES, Place
from api.access.roles import LOG
from api.computed.contract import AT, Answer, Argument, ComputedField, Part, Plain, Request, Thing, answer_type
from api.model.filters import camel
from api.model.naming import NAMING
from graph.model import KINDS
from graph.questions.provenance import UNION, Claim, Claims
from graph.questions.provenance import provenance as claims_of
from graph.statements.statement import Value


def _answer(request: Request) -> list[Answer]:
    kind = kind_of(request)
    uuid = request.find(kind, request.arguments["thing"])
    found = claims_of(request.driver, request.resources.order, kind, uuid, request.day)
    shown = (in_part(request, kind, each) for each in found)
    return [form(each) for each in shown if each is not None and may(each, request.caller.rights)]


def in_part(request: Request, kind: str, claims: Claims) -> Claims | None:
    """The claims without those of links to what the caller may not read, or to nothing that is known; None where none
    is left, and for values that name things of anywhere."""
    if request.caller.scope is None:
        return claims
    seen = _claims_seen(request, kind, claims)
    if not seen or camel(claims.name) in NAMING:
        return None
    if seen == claims.claims:
        return claims
    # A rule names the sources: of a claim that is left out, too.
    return replace(claims, claims=seen, rule=claims.rule if claims.rule == UNION else _RULE)


_RULE = "the order of sources decides among the claims, of which some may not be read"


def _claims_seen(request: Request, kind: str, claims: Claims) -> tuple[Claim, ...]:
    targets = next((each.targets for each in KINDS[kind].links if each.name == claims.name), ())
    if not any(isinstance(PLACES[each], Place) for each in targets):
        return claims.claims
    seen = request.seen((target, each.to) for each in claims.claims for target in targets if each.to is not None)
    return tuple(each for each in claims.claims if each.to is not None and each.to in seen)


def kind_of(request: Request) -> str:
    """The argument ``kind``."""
    return str(request.arguments["kind"])


def may(claims: Claims, rights: frozenset[str]) -> bool:
    """Whether they may be read with these rights."""
    return claims.access == "open" or claims.access in rights


def form(claims: Claims) -> Answer:
    return {
        "property": camel(claims.name),
        "rule": claims.rule,
        "disagree": claims.disagree,
        "claims": [_claim(each) for each in claims.claims],
    }


def _claim(claim: Claim) -> Answer:
    return {
        "source": claim.source,
        "key": claim.record,
        "value": _text(claim.value) if claim.key is None else claim.key,
        "thing": claim.to,
        "from": claim.period.start.isoformat(),
        "to": None if claim.period.end is None else claim.period.end.isoformat(),
        "learnedAt": claim.learnt or None,
        "effective": claim.effective,
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
    "provenance",
    "For each property of a thing: the claim of each source, which claim is effective, and why",
    (
        answer_type(
            "Provenance",
            "The claims about one property, link or the existence (exists) of a thing, the highest first",
            Plain("property", "String!", "Name of the property or link; exists = that it exists"),
            Plain("rule", "String!", "The rule that decides which claim is effective"),
            Plain("disagree", "Boolean!", "Sources claim different values, and only one can be effective"),
            Part("claims", "Claim", "The claim of each source", many=True),
        ),
        answer_type(
            "Claim",
            "A source's claim about a property on a day",
            Plain("source", "String!", "The source that claims it; manual = by hand"),
            Plain("key", "String!", "The key of the thing in the source"),
            Plain("value", "String", "The value as text; several values are joined by ', '"),
            Thing("thing", tuple(KINDS), "The thing that a link leads to", interface="Thing"),
            Plain("from", "Date", "The first day of the claim; null = no beginning"),
            Plain("to", "Date", "The day after its last; null = no end"),
            Plain("learnedAt", "Moment", "When the source sent this"),
            Plain("effective", "Boolean!", "It is the value of the day"),
        ),
    ),
    LOG,
    _answer,
    arguments={
        "kind": Argument("Kind!", "Kind of the thing"),
        "thing": Argument("ID!", "UUID of the thing, or a source's key"),
        "at": AT,
    },
    only_now="what sources state is kept as they state it now; the change log shows the source of each change",
    in_part=True,
)
