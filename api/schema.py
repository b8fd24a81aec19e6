"""The GraphQL schema, made from ``api.model.types`` with strawberry.

Reads never pass through strawberry's resolvers: a validated query is compiled to Cypher (``api.reads.compiler``). The
types here carry names, arguments and descriptions.
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import strawberry
from graphql import GraphQLError, GraphQLNonNull, GraphQLObjectType
from strawberry.extensions import DisableValidation
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.schema_directive import Location
from strawberry.types import ExecutionContext

from api.arguments import AS_KNOWN, AT_MOST, NESTED_PAGE, OTHER_WHEN, PAGE, RECORD_FILTERS, WHEN, Arguments, Order
from api.computed.types import ANSWER_TYPES, FIELDS, Part, Plain, Thing
from api.model.deprecated import DEPRECATED
from api.model.fields import Answered, Counted, Linked, Paged, Periods, Type, Value, Way
from api.model.filters import of_kind
from api.model.records import ORDERS
from api.model.types import INTERFACES, NODE, OF_EVERY_KIND, PLURALS, RECORD_LISTS, SINGULARS, THING, TYPES
from api.mutations.descriptions import describe
from api.mutations.schema import Mutation
from api.scalars import SCALARS, annotation_of
from api.subscription import Subscription

_HERE = sys.modules[__name__]


Fields = Mapping[str, tuple[Any, Arguments, str]]


def _compiled(name: str, type_: Any, arguments: Arguments) -> Callable[..., Any]:
    """A resolver that carries a signature; it is never called, since reads are compiled."""

    def resolver(**given: Any) -> Any:
        raise AssertionError(f"{name} is compiled, not resolved")

    parameters = [
        inspect.Parameter(each, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=_default(annotation))
        for each, (annotation, _) in arguments.items()
    ]
    resolver.__signature__ = inspect.Signature(parameters, return_annotation=type_)  # type: ignore[attr-defined]
    resolver.__annotations__ = {**{each: a for each, (a, _) in arguments.items()}, "return": type_}
    resolver.__name__ = name
    resolver.__module__ = __name__
    return resolver


def _default(annotation: Any) -> Any:
    """None; of what must be given, none at all: GraphQL has no null there, and clients refuse a schema that has."""
    inner = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    return None if type(None) in get_args(inner) else inspect.Parameter.empty


def _make(
    name: str, doc: str, fields: Fields, bases: tuple[type, ...] = (), making: Callable[..., type] = strawberry.type
) -> type:
    """A strawberry type with these fields, known to the others by its name. ``bases``: interfaces that it has."""
    namespace: dict[str, Any] = {"__module__": __name__, "__doc__": doc}
    for each, (type_, arguments, explained) in fields.items():
        # Strawberry gives a parameter called root the parent object, and from is Python's own.
        described = {
            f"{argument}_" if argument in ("root", "from") else argument: (
                Annotated[annotation, strawberry.argument(name=argument, description=text or None)],
                text,
            )
            for argument, (annotation, text) in arguments.items()
        }
        namespace[f"{each}_" if each in ("from",) else each] = strawberry.field(
            resolver=_compiled(each, type_, described),
            name=each,
            description=explained or None,
            deprecation_reason=DEPRECATED[f"{name}.{each}"].reason if f"{name}.{each}" in DEPRECATED else None,
        )
    made = making(type(name, bases, namespace), name=name, description=doc)
    setattr(_HERE, name, made)
    return made


def _fields(type_: Type) -> Fields:
    found: dict[str, tuple[Any, Arguments, str]] = {}
    for each in type_.fields.values():
        if isinstance(each, Value):
            found[each.name] = (annotation_of(each.type), {}, each.doc)
            continue
        if isinstance(each, Answered):
            found[each.name] = (f"{each.to} | None", {}, each.doc)
            continue
        if isinstance(each, Periods):
            found[each.name] = (f"list[{each.to}]", {**OTHER_WHEN, **AT_MOST}, each.doc)
            continue
        if isinstance(each, Counted):
            below = (bool | None, "true = those of every unit below it too")
            found[each.name] = (f"list[{each.to}]", {"below": below, **OTHER_WHEN}, each.doc)
            continue
        if isinstance(each, Paged):
            arguments = {**_on_a_day(each.way), **NESTED_PAGE, **_chosen(each.way)}
            found[each.name] = (_connection(each.of), arguments, each.doc)
            continue
        if isinstance(each, Linked):
            found[each.name] = (each.way.interface or each.way.to[0], {}, each.way.doc)
            continue
        to = each.interface or each.to[0]
        arguments = _on_a_day(each)
        if each.many:
            arguments |= {**AT_MOST, **_chosen(each)}
        found[each.name] = (f"list[{to}]" if each.many else f"{to} | None", arguments, each.doc)
    return found


def _on_a_day(way: Way) -> dict[str, tuple[Any, str]]:
    arguments: dict[str, tuple[Any, str]] = dict(OTHER_WHEN) if way.dated or way.is_tree else {}
    if way.is_tree:
        arguments["depth"] = (int | None, "At most this many levels")
    return arguments


def _chosen(way: Way) -> Arguments:
    """The arguments that narrow and order a list within a thing."""
    if not way.has_order:
        return {}
    order = (Order | None, f"By default by {way.usual_order}")
    if way.interface:
        return {"order": order}
    return {"filter": (_filter(way.to[0]) | None, "Only those that meet every condition"), "order": order}


@cache
def _filter(kind: str) -> Any:
    namespace: dict[str, Any] = {"__module__": __name__, "__annotations__": {}}
    for each in of_kind(kind).values():
        namespace["__annotations__"][each.name] = annotation_of(each.type)
        namespace[each.name] = strawberry.field(name=each.name, default=strawberry.UNSET, description=each.doc or None)
    made = strawberry.input(
        type(f"{kind}Filter", (), namespace),
        name=f"{kind}Filter",
        description=f"Conditions for a list of {kind}; each must be met",
    )
    setattr(_HERE, f"{kind}Filter", made)
    return made


def _connection(name: str) -> str:
    if hasattr(_HERE, f"{name}Connection"):
        return f"{name}Connection"
    _make(
        f"{name}Edge",
        f"{name} on a page",
        {
            "cursor": (str, {}, "Pass it as after to read on from here"),
            "node": (name, {}, f"The {name}"),
        },
    )
    _make(
        f"{name}Connection",
        f"A page of {name}",
        {
            "nodes": (f"list[{name}]", {}, "What is on the page"),
            "edges": (f"list[{name}Edge]", {}, "What is on the page, each with its cursor"),
            "pageInfo": ("PageInfo", {}, "Whether there are more, and where they begin"),
            "totalCount": (int, {}, "How many there are on all pages; counting has a cost"),
        },
    )
    return f"{name}Connection"


def _roots() -> Fields:
    roots: dict[str, tuple[Any, Arguments, str]] = {}
    for name, kind in SINGULARS.items():
        arguments: Arguments = {
            "uuid": (strawberry.ID | None, "UUID of the thing"),
            "key": (
                strawberry.ID | None,
                "Instead of uuid, any name: its UUID, its key in a source, or its natural key",
            ),
            **WHEN,
        }
        roots[name] = (
            f"{kind} | None",
            arguments,
            f"{TYPES[kind].doc.rstrip('.')}. Null if there is none by this name",
        )
    for name, kind in PLURALS.items():
        narrowed = {
            "filter": (_filter(kind) | None, "Only those that meet every condition"),
            **WHEN,
            **PAGE,
            "order": (Order | None, "The order of the list; by default by UUID"),
        }
        roots[name] = (_connection(kind), narrowed, TYPES[kind].doc)
    for name, record in RECORD_LISTS.items():
        doc = f"{TYPES[record].doc}. {ORDERS[name]}"
        roots[name] = (_connection(record), {**RECORD_FILTERS[name], **PAGE}, doc)
    of_tree: Arguments = {
        "root": (
            strawberry.ID | None,
            "UUID, or a source's key, of a unit; by default all units without a unit above them",
        ),
        "depth": (int | None, "At most this many levels below the root"),
        "at": (date | None, "The day to read; by default today"),
        **AS_KNOWN,
    }
    roots["tree"] = ("list[TreeUnit]", of_tree, "The organisation tree, each unit before those below it, by name")
    by_id: Arguments = {"id": (strawberry.ID, "An id, as this API returns it")}
    roots["node"] = ("Node | None", by_id, "The thing that has this id, on the day of the id; null if there is none")
    for name, field in FIELDS.items():
        arguments = {each: (annotation_of(argument.type), argument.doc) for each, argument in field.arguments.items()}
        one = f"{field.type} | None" if field.may_be_none else field.type
        roots[name] = (f"list[{field.type}]" if field.many else one, arguments, field.doc)
    return roots


def _annotation(field: Plain | Thing | Part) -> Any:
    """The annotation of a field of an answer."""
    if isinstance(field, Plain):
        return annotation_of(field.type)
    to = field.to if isinstance(field, Part) else field.interface or field.kinds[0]
    if isinstance(field, Part) and field.always:
        return to
    return f"list[{to}]" if field.many else f"{to} | None"


_computed = [each for type_ in ANSWER_TYPES.values() for each in type_.fields.values() if isinstance(each, Thing)]
_interfaces = INTERFACES | {each.interface: each.kinds for each in _computed if each.interface}
_of_every_kind = {name: made for name, made in _fields(TYPES["Unit"]).items() if name in OF_EVERY_KIND}
_node = _make(NODE, "What has an id of its own", {"id": _of_every_kind["id"]}, making=strawberry.interface)
_thing = _make(THING, "A thing of any kind, as it is on a day", _of_every_kind, (_node,), strawberry.interface)
_extended = {
    name: _make(name, f"One of {', '.join(kinds)}", {}, (_thing,), strawberry.interface)
    for name, kinds in _interfaces.items()
    if name != THING
}
for _type in TYPES.values():
    _bases: tuple[type, ...] = ()
    if _type.kind is not None:
        _bases = tuple(made for name, made in _extended.items() if _type.name in _interfaces[name]) or (_thing,)
    _make(_type.name, _type.doc, _fields(_type), _bases)
_make(
    "TreeUnit",
    "A unit in its place in the tree",
    {
        "depth": (int, {}, "Levels below the root; 0 = the root itself"),
        "parent": (strawberry.ID | None, {}, "UUID of the unit above it in this tree"),
        "unit": ("Unit", {}, "The unit"),
    },
)
_make(
    "EmploymentCount",
    "How many employments have a type",
    {
        "type": (str | None, {}, "monthly_full, monthly_part, hourly or unpaid; otherwise the source's code"),
        "count": (int, {}, "Number of employments"),
    },
)
for _answer in ANSWER_TYPES.values():
    _make(_answer.name, _answer.doc, {each.name: (_annotation(each), {}, each.doc) for each in _answer.fields.values()})
Query = _make("Query", "Everything that can be read", _roots())


describe(Mutation)


class Schema(strawberry.Schema):
    """Strawberry's own, that logs no errors: it would log the whole document, as ``api.requests.failures`` does not."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: they are logged where the answer is made."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="semanticNonNull",
    description="Null only where errors have an entry for it: Relay, Apollo and code generators know this directive",
)
class SemanticNonNull:
    pass


def _nullable(root: GraphQLObjectType) -> None:
    """Let each root field be null where it is refused: otherwise the answers of the others would be lost with it."""
    for each in root.fields.values():
        if isinstance(each.type, GraphQLNonNull):
            each.type = each.type.of_type
            each.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].directives.append(SemanticNonNull())


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
    extensions=[DisableValidation],  # ``api.reads.question`` has validated what is executed
)
for _root in (schema._schema.query_type, schema._schema.mutation_type):
    assert _root is not None
    _nullable(_root)
