"""Which people an answer shows, for the log of reads: the document asks for their uuids too, and the answer is sent
without them.

Done beside the compiler, on documents and JSON: an answer to a machine is made as ever, and one to a person costs a
uuid more for each object that is about somebody. The added fields come first in their objects, under names that no text
in JSON can look like, as a quotation mark within a text is escaped.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    Visitor,
    get_named_type,
    is_required_argument,
    parse,
    print_ast,
    value_from_ast_untyped,
    visit,
)

from api.model.filters import camel
from api.model.refused import Rejected
from api.reads.question import SCHEMA
from graph.model import KINDS

_PERSON, _OWNER, _THING = "_seenPerson", "_seenOwner", "_seenThing"
_OWNERS = ("person", "owner")
"""Fields that lead from a thing to the person whom it is about."""
_UUID = rb'"([0-9a-f-]{36})"'
_ID = rb'"([^"\\]{0,60})"'
_FOUND = re.compile(
    rb'(?:"%s":%s|"%s":(?:null|\{"uuid":%s\})|"%s":(?:null|\{"uuid":%s\}|%s))(?:,|(?=\}))'
    % (_PERSON.encode(), _UUID, _OWNER.encode(), _UUID, _THING.encode(), _UUID, _ID)
)
_LONGEST = 100
"""Bytes of such a field at most: as many wait for the next piece, in case it goes on there."""
_OF_PERSON = {"private": "private", "cpr": "cpr"}
_GROUPS = {
    "Person": "identity", "PersonState": "identity", "Employment": "employment", "Affiliation": "employment",
    "Account": "accounts", "PlannedAccount": "accounts", "HeldRight": "rights", "Grant": "rights",
    "RightsSent": "rights",
    "Assignment": "responsibilities",
}  # fmt: skip


_INDIRECT = {
    "search": "search", "accountPlan": "accounts", "adoptable": "accounts",
    **dict.fromkeys(
        (
            "colleagues", "myCases", "myDelegations", "myTasks", "processCase", "processCases", "processGaps",
            "processSimulation", "task", "taskFaults", "templatePreview",
        ),
        "tasks",
    ),
    **dict.fromkeys(
        (
            "ambiguities", "badRecords", "brakes", "changeFeed", "changes", "cprLookups", "decisions", "disagreements",
            "ledgerEntries", "provenance", "unmatched",
        ),
        "log",
    ),
}  # fmt: skip
"""Root fields whose answers have texts about people. Such a read is noted, whoever it shows."""
_THINGS = {
    **dict.fromkeys(("Change", "FeedEntry"), "uuid"),
    **dict.fromkeys(("SearchHit", "Disagreement"), "thing"),
    "CprLookup": "person", "LoginSession": "personUuid", "TaskCandidate": "person", "Colleague": "uuid",
    **dict.fromkeys(("Task", "TaskFault", "OwnCase", "OwnDelegation", "CaseSummary", "ProcessCase"), "id"),
    "AdoptionCandidate": "key", "SimulatedCandidate": "person",
}  # fmt: skip
"""Type of an answer about a thing → its field with that thing, or with its uuid or id."""
_NAMED = {
    "person": ("Person",), "employment": ("Employment", "Affiliation"), "account": ("Account", "PlannedAccount"),
}  # fmt: skip
"""Argument of a root field by which somebody is asked about → the kinds of what it names."""


@dataclass(frozen=True)
class Looking:
    """A document that also asks who is seen. ``groups``: of the fields that it reads about people. ``named``: kind and
    name of whom its root fields ask about."""

    document: DocumentNode
    groups: tuple[str, ...]
    named: tuple[tuple[str | ValueNode, ValueNode], ...]

    @cached_property
    def query(self) -> str:
        return print_ast(self.document)

    def asked_about(self, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Whom the root fields ask about: kind and name. ``values``: of the variables."""
        found = []
        for kind, name in self.named:
            what = kind if isinstance(kind, str) else value_from_ast_untyped(kind, dict(values))
            text = value_from_ast_untyped(name, dict(values))
            if isinstance(text, str) and getattr(what, "value", what) in KINDS:
                found.append((str(getattr(what, "value", what)), text))
        return found


@lru_cache(maxsize=1000)
def looking(query: str) -> Looking:
    """Of a document that is valid. Raises Rejected for one that uses our names."""
    return looking_at(parse(query), query)


def looking_at(document: DocumentNode, query: str) -> Looking:
    """The same of a document that was parsed. ``query``: its text."""
    if any(each in query for each in (_PERSON, _OWNER, _THING)):
        text = f"{_PERSON}, {_OWNER} and {_THING} are names that REConnect uses itself: choose others."
        raise Rejected(GraphQLError(text, extensions={"code": "bad_question"}))
    types = TypeInfo(SCHEMA)
    adding = _Adding(types)
    added = visit(document, TypeInfoVisitor(types, adding))
    return Looking(added, tuple(sorted(adding.groups)), tuple(adding.named))


class _Adding(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.groups: set[str] = set()
        self.named: list[tuple[str | ValueNode, ValueNode]] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        if parent is None:
            return
        if parent is SCHEMA.query_type:
            self._enter_root(node)
        if parent.name in ("Person", "PersonState") and node.name.value in _ACCESS:
            self.groups.add(_ACCESS[node.name.value])
        elif parent.name in ("Employment", "EmploymentState") and node.name.value in _PAY:
            self.groups.add("pay")
        elif parent.name in _GROUPS and node.name.value not in ("uuid", "__typename"):
            self.groups.add(_GROUPS[parent.name])

    def _enter_root(self, node: FieldNode) -> None:
        list_ = node.name.value.removesuffix("Connection")
        if list_ in _INDIRECT:
            self.groups.add(_INDIRECT[list_])
        given = {each.name.value: each.value for each in node.arguments or ()}
        self.named += [(kind, given[name]) for name, kinds in _NAMED.items() if name in given for kind in kinds]
        if "thing" in given and "kind" in given:
            self.named.append((given["kind"], given["thing"]))

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        parent = self._types.get_parent_type()
        added: FieldNode | InlineFragmentNode
        if isinstance(parent, GraphQLObjectType):
            about = _THINGS.get(parent.name)
            if parent.name == "Person":
                added = _field("uuid", _PERSON)
            elif about is not None:
                is_thing = about == "thing"
                inner = SelectionSetNode(selections=(_field("uuid"),)) if is_thing else None
                added = _field(about, _THING, inner)
            else:
                owner = _owner_of(parent)
                if owner is None:
                    return None
                added = _field(owner, _OWNER, SelectionSetNode(selections=(_field("uuid"),)))
        elif isinstance(parent, GraphQLInterfaceType) and _may_be_person(parent):
            added = InlineFragmentNode(
                type_condition=NamedTypeNode(name=NameNode(value="Person")),
                selection_set=SelectionSetNode(selections=(_field("uuid", _PERSON),)),
                directives=(),
            )
        else:
            return None
        return SelectionSetNode(selections=(added, *node.selections))


_ACCESS = {camel(each.name): each.access for each in KINDS["Person"].properties if each.access in _OF_PERSON} | {
    "cpr": "cpr"
}
"""Fields of a person with a right of their own → the group."""
_PAY = frozenset(camel(each.name) for each in KINDS["Employment"].properties if each.access == "pay")


def _owner_of(type_: GraphQLObjectType) -> str | None:
    if type_ is SCHEMA.query_type:
        return None  # its field person finds one
    for name in _OWNERS:
        found = type_.fields.get(name)
        if found is None or any(is_required_argument(each) for each in found.args.values()):
            continue
        named = found.type.of_type if hasattr(found.type, "of_type") else found.type
        if get_named_type(found.type).name == "Person" and getattr(named, "name", None) == "Person":
            return name  # one person, not a list
    return None


def _may_be_person(type_: GraphQLInterfaceType) -> bool:
    return any(each.name == "Person" for each in SCHEMA.get_possible_types(type_))


def _field(name: str, alias: str | None = None, inner: SelectionSetNode | None = None) -> FieldNode:
    return FieldNode(
        name=NameNode(value=name),
        alias=None if alias is None else NameNode(value=alias),
        arguments=(),
        directives=(),
        selection_set=inner,
    )


@dataclass(slots=True)
class Seen:
    """Takes the added fields out of an answer, piece by piece. ``persons``, ``things``: uuids of those in it so far."""

    persons: set[str] = field(default_factory=set)
    things: set[str] = field(default_factory=set)
    _held: bytes = b""

    def passed(self, piece: bytes) -> bytes:
        """What may be sent of the answer so far."""
        whole = self._without(self._held + piece)
        self._held = whole[-_LONGEST:]
        return whole[:-_LONGEST]

    def rest(self) -> bytes:
        """The end of the answer."""
        held, self._held = self._held, b""
        return self._without(held)

    def _without(self, text: bytes) -> bytes:
        return _FOUND.sub(self._noted, text)

    def _noted(self, found: re.Match[bytes]) -> bytes:
        person, thing = found[1] or found[2], found[3] or found[4]
        if person is not None:
            self.persons.add(person.decode())
        if thing is not None:
            self.things.add(thing.decode())
        return b""
