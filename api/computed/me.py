"""``me``: the caller's token, and what it may do."""

from api.access.field_groups import group_of, role_of
from api.access.rights import LIMITED_FIELDS, READ, WRITE, Access
from api.access.roles import ANYONE
from api.computed.contract import Answer, ComputedField, Part, Plain, Request, Thing, answer_type
from graph.model.kind import name_of


def _answer(request: Request) -> list[Answer]:
    access = request.caller.access or Access(request.caller.name, request.caller.roles)
    rows, _, _ = request.driver.execute_query(
        "MATCH (t:Token {name: $name}) RETURN toString(t.expires) AS expires", name=access.name
    )
    return [
        {
            "name": access.name,
            "roles": [name_of(each) for each in sorted({*map(role_of, access.roles)})],
            "mayRead": sorted(filter(access.may_read, READ)),
            "mayChange": sorted(filter(access.may_write, WRITE)),
            "mayReadContact": bool(LIMITED_FIELDS["contact"] & access.roles),
            "mayReadPrivate": "private" in request.caller.rights,
            "mayReadCpr": "cpr" in request.caller.rights,
            "everywhere": not access.within,
            "person": access.person,
            "places": _places(request, access),
            "loginSystem": request.resources.operated.login_system,
            "expires": rows[0]["expires"] if rows else None,
        }
    ]


_TOPS = """
UNWIND $units AS uuid
MATCH (u:Unit {uuid: uuid})
WHERE NOT EXISTS { MATCH (u)-[up:PART_OF]->(above:Unit) WHERE up.to IS NULL AND above.uuid IN $units }
RETURN collect(uuid) AS tops
"""


def _places(request: Request, access: Access) -> list[Answer]:
    """Where each role holds, the topmost of its units, and for which field groups."""
    groups: dict[tuple[str, frozenset[str] | None, bool], list[str]] = {}
    for name in sorted(access.roles):
        group = group_of(name)
        shown = groups.setdefault((role_of(name), access.within.get(name), group is not None), [])
        shown += [] if group is None else [group]
    found: list[Answer] = []
    for (role, units, is_limited), names in groups.items():
        tops: list[str] = []
        if units is not None:
            rows, _, _ = request.driver.execute_query(_TOPS, units=sorted(units))
            tops = sorted(rows[0]["tops"])
        fields = names if is_limited else None
        found.append({"role": name_of(role), "everywhere": units is None, "units": tops, "fields": fields})
    return found


FIELD = ComputedField(
    "me",
    "The caller, and what the caller may do",
    (
        answer_type(
            "Me",
            "Who asks: a token, or a person who is logged in",
            Plain("name", "String!", "Its name, as it is in the change log"),
            Plain("roles", "[TokenRole!]", "Its system roles"),
            Plain("mayRead", "[String!]", "Names of the types that it may read"),
            Plain("mayChange", "[String!]", "Names of the mutations that it may use"),
            Plain("mayReadContact", "Boolean!", "It may read work phones, mobiles and e-mail addresses of people"),
            Plain("mayReadPrivate", "Boolean!", "It may read private fields, such as a home address"),
            Plain("mayReadCpr", "Boolean!", "It may read CPR numbers; each access to one is logged"),
            Plain("everywhere", "Boolean!", "Its rights apply in the whole organisation"),
            Plain("expires", "Moment", "When it expires"),
            Thing("person", ("Person",), "The person who is logged in; null = a token"),
            Plain("loginSystem", "String", "Key of the IT system whose accounts log in here; null = no one logs in"),
            Part("places", "RolePlace", "Where each of its system roles holds", many=True),
        ),
        answer_type(
            "RolePlace",
            "Where a system role of the caller holds",
            Plain("role", "TokenRole!", "The system role"),
            Plain("everywhere", "Boolean!", "It holds in the whole organisation"),
            Thing("units", ("Unit",), "Otherwise the topmost units in which it holds", many=True),
            Plain("fields", "[String!]", "The field groups that it is limited to; null = it shows all"),
        ),
    ),
    ANYONE,
    _answer,
    many=False,
    in_part=True,
)
