"""What can be read: every type of the GraphQL API, its fields, and how each is found in the graph.

They are made from ``graph.model``, so that nothing of the model is missing. The GraphQL schema (``api.schema``) and the
compiler (``api.reads.compiler``) are both made from this list.
"""

from collections.abc import Iterator, Mapping

from api.access.field_groups import CONTACT, group_of_changes
from api.enums import in_cypher as in_capitals
from api.model.fields import Answered, Counted, Field, Linked, Paged, Periods, Type, Value, Way
from api.model.filters import camel
from api.model.node_ids import in_cypher as id_in_cypher
from api.model.records import RECORDS
from api.model.ways_back import BACK
from graph.collation import caption
from graph.identity.user_names import PERSON
from graph.model import KINDS, Kind, Link, Property
from graph.model.organisation import ASSIGNMENT, RESPONSIBLE_FOR
from graph.model.rights import CONSTRAINT_SETTING, GRANTEES, RIGHTS
from graph.time import NO_BEGINNING

OF_TYPE: dict[str, str] = {
    "text": "String",
    "integer": "Int",
    "decimal": "Float",
    "yes_no": "Boolean",
    "date": "Date",
    "texts": "[String!]",
}


def _first_day(day: str) -> str:
    """The text of a first day, as Cypher; null = no beginning."""
    return f"nullIf(toString({day}), '{NO_BEGINNING}')"


def _value(prop: Property, of: str = "{v}", kind: str = "") -> Value:
    group = "contact" if prop.name in CONTACT.get(kind, ()) else ""
    type_, text = OF_TYPE[prop.type], f"{of}.{prop.name}"
    if prop.one_of is not None:
        type_, text = prop.one_of.name, f"CASE WHEN {text} IN {list(prop.one_of)} THEN {in_capitals(text)} END"
    return Value(camel(prop.name), type_, text, prop.doc, prop.access, group=group)


def _way(link: Link) -> Way:
    to = "" if len(link.targets) == 1 else _INTERFACES[frozenset(link.targets)]
    return Way(camel(link.name), link.targets, _arrow(link.type, link.incoming), not link.single, True, link.doc, to)


def _arrow(type_: str, incoming: bool) -> str:
    return ("({n})<-[{r}:%s]-({m})" if incoming else "({n})-[{r}:%s]->({m})") % type_


# The interface of the things that a link leads to, if they may be of several kinds.
_INTERFACES: Mapping[frozenset[str], str] = {
    frozenset(ASSIGNMENT.link("holder").targets): "Holder",
    frozenset(RESPONSIBLE_FOR): "Responsibility",
    frozenset(RIGHTS): "Right",
    frozenset(GRANTEES): "Grantee",
    frozenset(CONSTRAINT_SETTING.link("of").targets): "ConstraintOwner",
}

# What ties a person to a unit.
TIES = ("Employment", "Affiliation")


def _of_kind(kind: Kind) -> Type:
    fields: dict[str, Field] = {}
    group = group_of_changes(kind.name)

    def add(each: Field) -> None:
        fields[each.name] = each

    add(Value("id", "ID!", id_in_cypher(kind.name), _ID))
    add(Value("uuid", "ID!", "{n}.uuid", "UUID of the thing. It never changes"))
    add(Value("kind", "Kind!", f"'{kind.name}'", "Kind of the thing"))
    add(Value("label", "String!", "{label}", _LABEL))
    add(Value("asOf", "Date!", "{as_of}", _AS_OF))
    add(Value("knownOn", "Date", "{known_on}", _KNOWN_ON))
    add(
        Value(
            "version",
            "Int!",
            "{n}.version",
            f"Number of changes; pass it as expectedVersion{_NO_VERSION if group else ''}",
            only_now="it serves to change the thing as it is known now",
            group=group,
            instead="0",
        )
    )
    add(Value("active", "Boolean!", "{active}", "It exists on the day that is read"))
    add(Value("existsFrom", "Date", _first_day("{exists_from}"), "Its first day of all; null = it has no beginning"))
    add(Value("existsTo", "Date", "toString({exists_to})", "The day after its last; null = it has no end"))
    add(Value("keys", "[String!]", _KEYS, "Its keys in the sources", only_now=NOT_DATED))
    for prop in kind.properties:
        add(_value(prop, kind=kind.name))
    if kind.name == "Person":
        only_now = "a person's number is kept as it is now"
        add(Value("cpr", "String", "{cpr}", "CPR number; each access to one is logged", "cpr", only_now))
        add(Value("formerUuids", "[String!]", _JOINED, _FORMER))
    for way, _ in _linking(kind):
        add(way)
        add(_periods(kind, way))
    if kind.name in TIES:
        add(Answered("nearestManager", "The nearest manager, counted from here; a list of them takes one look-up"))
    if kind.name == "Unit":
        add(Way("ancestors", ("Unit",), _UP, dated=False, doc="All units above, from the nearest up", order=_BY_LEVEL))
        add(Way("descendants", ("Unit",), _DOWN, dated=False, doc="All units below", order=_BY_LEVEL))
        add(Value("childCount", "Int!", "{child_count}", "Units directly below"))
        add(Counted("employmentCounts", "How many employments are here, or here and below, by type"))
    add(
        Way(
            "history",
            (f"{kind.name}State",),
            "({n})-[{r}:STATE]->({m})",
            dated=False,
            order="{r}.from",
            doc="Its values over time",
        )
    )
    add(
        Way(
            "sources",
            ("SourceRecord",),
            "({n})<-[{r}:TELLS]-({m})",
            dated=False,
            order="{m}.id",
            doc="Its records in the sources",
        )
    )
    add(
        Way(
            "changes",
            ("Change",),
            "({n})<-[{r}:CONCERNS]-({m})",
            dated=False,
            order="{m}.number",
            doc="Its entries in the change log",
        )
    )
    return Type(kind.name, kind.name, kind.doc, fields, kind, caption=caption(kind.name))


NOT_DATED = "the sources' records of a thing are kept as they are now"
_ID = (
    "Identifies the thing on this day, as known on that day: two days of one thing have different "
    "ids, so a cache never "
    "mixes them"
)
_FORMER = "UUIDs of persons that were joined into this one; they still lead to it"
_NO_VERSION = "; 0 = your roles do not show it of this one, though they do of others"
_KNOWN_ON = "The day of asKnownOn: the values are those known at its end; null = those known now"
_LABEL = "Its name, title or number; on a day without one, the last before it; otherwise its UUID"
_AS_OF = "The day of the values; for a period, the first day on which the thing exists"
_KEYS = "COLLECT { MATCH (record:SourceRecord)-[:TELLS]->({n}) RETURN record.key ORDER BY record.id }"
_JOINED = "COLLECT { MATCH ({n})<-[:JOINED_INTO*1..]-(former) RETURN former.uuid ORDER BY former.uuid }"
_BY_LEVEL = "size({r}), {m}.uuid"
_UP = "({n})-[{r}:PART_OF*1..]->({m})"
_DOWN = "({n})<-[{r}:PART_OF*1..]-({m})"


# Lists that users read as a list or a tree.
_IN_ORDER = {
    ("Unit", "children"): "{name}, {m}.uuid",
    ("PositionCategory", "children"): "{name}, {m}.uuid",
    ("PositionCategory", "positions"): "{name}, {m}.uuid",
    ("KleNode", "children"): "coalesce({v}.number, ''), {m}.uuid",
    ("KleFacetCategory", "facets"): "coalesce({v}.number, ''), {m}.uuid",
}


def _linking(kind: Kind) -> Iterator[tuple[Way, Link]]:
    """The fields that lead over links, both ways, each with its link."""
    for link in kind.links:
        yield _way(link), link
    for of, name, by, stated, doc in BACK:
        if of == kind.name:
            link = KINDS[by].link(stated)
            order = _IN_ORDER.get((of, name), "{m}.uuid")
            yield Way(name, (by,), _arrow(link.type, not link.incoming), doc=doc, order=order), link


def _periods(kind: Kind, way: Way) -> Periods:
    return Periods(f"{way.name}Periods", way, f"{kind.name}{way.name[:1].upper()}{way.name[1:]}Period")


_FIRST_AND_LAST: dict[str, Field] = {
    "from": Value("from", "Date", _first_day("{r}.from"), "First day; null = no beginning"),
    "to": Value("to", "Date", "toString({r}.to)", "The day after its last; null = it has no end"),
}


def _periods_of(kind: Kind) -> Iterator[Type]:
    """The types of the periods of its links: first and last day, the link's own properties, the thing."""
    for way, link in _linking(kind):
        fields = _FIRST_AND_LAST | {camel(each.name): _value(each, "{r}") for each in link.properties}
        fields[way.name] = Linked(way)
        name = _periods(kind, way).to
        yield Type(name, name, f"A period of {kind.name}.{way.name}", fields)


def _state_of(kind: Kind) -> Type:
    fields = _FIRST_AND_LAST | {camel(each.name): _value(each, kind=kind.name) for each in kind.properties}
    return Type(kind.state, kind.state, f"The values of {kind.name} in a period", fields)


NODE = "Node"
"""Relay's interface: what ``node(id)`` reads."""
THING = "Thing"
"""The interface of every kind; those of some kinds (``Way.interface``) extend it."""
OF_EVERY_KIND = (
    "id", "uuid", "kind", "label", "asOf", "knownOn", "version", "active", "existsFrom", "existsTo", "keys",
)  # fmt: skip
"""Fields of that interface."""

TYPES: dict[str, Type] = {
    each.name: each for kind in KINDS.values() for each in (_of_kind(kind), _state_of(kind), *_periods_of(kind))
}
TYPES |= {each.name: each for each in RECORDS}
TYPES["Change"].fields["thing"] = Way(
    "thing",
    tuple(KINDS),
    "({n})-[{r}:CONCERNS]->({m})",
    many=False,
    dated=False,
    interface=THING,
    doc="What was changed",
)

for _record, _doc in (
    ("Change", "The run that made it; null = it was made by hand"),
    ("BadRecord", "The run that found it last"),
    ("Brake", "The run that was stopped"),
    ("LedgerEntry", "The run that changed it last"),
):
    _of_record = "({m}:Run {id: {n}.run})"
    TYPES[_record].fields["byRun"] = Way(
        "byRun", ("Run",), _of_record, many=False, dated=False, doc=_doc, order="{m}.id"
    )

for _record, _name, _user, _doc in (
    ("Change", "byPerson", "user", "The person who made it; null = a source, or a program"),
    ("Brake", "approvedByPerson", "approved_by", "The person who approved it; null = nobody, or a program"),
    ("MatchDecision", "byPerson", "user", "The person who decided it; null = a program"),
    ("CprLookup", "byPerson", "by", "The person who looked it up; null = a program, or REConnect itself"),
):
    _uuid = f"CASE WHEN {{n}}.{_user} STARTS WITH '{PERSON}' THEN substring({{n}}.{_user}, {len(PERSON)}) END"
    _survivor = "({m}:Person WHERE NOT EXISTS { ({m})-[:JOINED_INTO]->() })"
    TYPES[_record].fields[_name] = Way(
        _name,
        ("Person",),
        "(:Person {uuid: " + _uuid + "})-[:JOINED_INTO*0..]->" + _survivor,
        many=False,
        dated=False,
        doc=_doc,
    )

for _list, _type, _doc in (
    ("badRecords", "BadRecord", "Problems that it found"),
    ("brakes", "Brake", "The sets of changes that were stopped in it"),
    ("changes", "Change", "Changes that it made"),
):
    _of_run = "({m}:" + _type + " {run: {n}.id})"
    TYPES["Run"].fields[_list] = Way(_list, (_type,), _of_run, dated=False, doc=_doc, order="{m}." + TYPES[_type].key)

for _of in TYPES.values():
    for _field in list(_of.fields.values()):
        if isinstance(_field, Way) and _field.many and _field.name != "history":
            _of.fields[f"{_field.name}Connection"] = Paged(_field)

INTERFACES: dict[str, tuple[str, ...]] = {
    each.interface: each.to
    for type_ in TYPES.values()
    for each in type_.fields.values()
    if isinstance(each, Way) and each.interface
}

# Root lists: field → type. The plural of each kind, and the records.
PLURALS: dict[str, str] = {
    "units": "Unit", "persons": "Person", "employments": "Employment", "affiliations": "Affiliation",
    "positions": "Position", "roles": "Role", "assignments": "Assignment", "substitutions": "Substitution",
    "kleNodes": "KleNode", "functions": "Function", "systemGroups": "SystemGroup", "itSystems": "ItSystem",
    "accounts": "Account", "directoryGroups": "DirectoryGroup", "positionCategories": "PositionCategory",
    "kleFacets": "KleFacet", "kleFacetCategories": "KleFacetCategory", "constraintTypes": "ConstraintType",
    "systemRoles": "SystemRole", "jobFunctionRoles": "JobFunctionRole", "grants": "Grant",
    "constraintSettings": "ConstraintSetting", "rightsConflicts": "RightsConflict",
    "rightsRequests": "RightsRequest", "attestations": "Attestation", "manualSteps": "ManualStep",
    "namePolicies": "NamePolicy", "accountRules": "AccountRule", "plannedAccounts": "PlannedAccount",
    "accountExceptions": "AccountException", "accountRequests": "AccountRequest",
}  # fmt: skip
RECORD_LISTS: dict[str, str] = {
    "changes": "Change", "runs": "Run", "badRecords": "BadRecord", "brakes": "Brake", "ambiguities": "Ambiguity",
    "decisions": "MatchDecision",
    "ledgerEntries": "LedgerEntry",
    "cprLookups": "CprLookup",
}  # fmt: skip
SINGULARS: dict[str, str] = {name[:1].lower() + name[1:]: name for name in KINDS}
