"""``search``: one box over the organisation. Its rule is ``graph.questions.search``."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum

import neo4j
import strawberry

from api.access.cpr_readings import looked_up
from api.access.field_groups import CONTACT
from api.access.readers import STORED
from api.access.rights import LIMITED_FIELDS
from api.access.roles import READERS
from api.computed.contract import AT, Answer, Argument, ComputedField, Plain, Request, Thing, answer_type
from api.model.filters import camel
from api.model.known_names import one_of
from graph.as_of import exists
from graph.cpr.keyring import number_in
from graph.questions.search import CANDIDATES, FOUND, SEARCHED, search

USUAL = 20


@strawberry.enum(description="How well a value matches the text")
class SearchRank(Enum):
    EXACT = strawberry.enum_value("EXACT", description="It equals the value")
    BEGINNING = strawberry.enum_value("BEGINNING", description="The value begins with it")
    WORD = strawberry.enum_value("WORD", description="Words of the value begin with its words")
    ANYWHERE = strawberry.enum_value("ANYWHERE", description="It is within the value")


def _answer(request: Request) -> list[Answer]:
    """Raises GraphQLError (unknown_kinds, over_limit), Refused (wrong_value)."""
    kinds = frozenset(one_of("kinds", each, FOUND) for each in request.get("kinds") or FOUND)
    kinds = _readable(kinds, request)
    # A person is found by an account or an employment only where the caller may read those.
    looked_at = kinds | (_readable(SEARCHED.keys() - set(FOUND), request) if "Person" in kinds else frozenset())
    text: str = request.arguments["text"]
    first = USUAL if request.get("first") is None else request.first
    digits = number_in(text)
    if digits is not None and "cpr" in request.caller.rights and "Person" in looked_at:
        person = looked_up(request.driver, request.resources.keyring, digits, request.caller.name)
        if person is not None and _is_there(request, person) and request.sees("Person", person):
            return [{"thing": person, "kind": "Person", "rank": "EXACT", "by": "Person", "property": "cpr"}]
    private = "private" in request.caller.rights
    hits = search(
        request.driver, text, looked_at, request.day, first, private, request.inside_of(*SEARCHED), _hidden(request)
    )
    return [
        {
            "thing": each.uuid,
            "kind": each.kind,
            "rank": each.rank.upper(),
            "by": each.by[0],
            "property": camel(each.by[1]),
            "value": each.value,
        }
        for each in hits
    ]


def _readable(kinds: AbstractSet[str], request: Request) -> frozenset[str]:
    """Those that the caller may read wherever the caller searches."""
    access = request.caller.access
    roles = request.caller.roles if access is None else access.roles
    return frozenset(each for each in kinds if STORED[each] & roles and _as_far(request, STORED[each]))


def _as_far(request: Request, roles: frozenset[str]) -> bool:
    scope = request.caller.scope
    return scope is None or scope.limited(roles) in (None, scope.limited(READERS))


def _hidden(request: Request) -> Mapping[str, AbstractSet[str]]:
    """The properties by which the caller finds nothing, since a role is limited to other field groups."""
    return {} if _as_far(request, LIMITED_FIELDS["contact"]) else CONTACT


def _is_there(request: Request, person: str) -> bool:
    rows, _, _ = request.driver.execute_query(
        f"MATCH (p:Person {{uuid: $uuid}}) WHERE {exists('p', '$at')} RETURN p.uuid AS uuid",
        uuid=person,
        at=request.day,
        routing_=neo4j.RoutingControl.READ,
    )
    return bool(rows)


FIELD = ComputedField(
    "search",
    "Search units, persons, positions, KLE and IT systems at once, the best match first. It finds a person by name, "
    "e-mail, phone, login and employment number, and by CPR number if the token may read CPR numbers; each such search "
    "is logged as an access to one. It finds persons with a protected address only if the token may read private "
    "fields",
    (
        answer_type(
            "SearchHit",
            "A thing that was found, and the value that matched",
            Thing("thing", FOUND, "The thing", interface="Found"),
            Plain("kind", "Kind!", "Kind of the thing"),
            Plain("rank", "SearchRank!", "How well it matches; the list is in this order"),
            Plain("by", "Kind!", "Kind of the thing that matched: itself, or an account or employment of the person"),
            Plain("property", "String!", "Name of the property that matched"),
            Plain("value", "String", "Its value on the day; null for a CPR number"),
        ),
    ),
    READERS,
    _answer,
    arguments={
        "text": Argument(
            "String!",
            "A number, or words in any order; the beginning of a word is enough. Å and aa, ø and oe, æ and ae are "
            "the same",
        ),
        "kinds": Argument("[Kind!]", f"Only these kinds, of {', '.join(FOUND)}. By default all of them"),
        "at": AT,
        "first": Argument("Int", f"At most this many; by default {USUAL}"),
    },
    costs=CANDIDATES,
    in_part=True,
    enums=(SearchRank,),
    only_now="it looks in an index of what is known now",
)
