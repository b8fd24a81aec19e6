"""Which people an answer shows, for the log of reads: the document asks for their uuids too, and the answer is sent
without them.

Done beside the compiler, on documents and JSON: an answer to a machine is made as ever, and one to a person costs a
uuid more for each object that is about somebody. The added fields come first in their objects, under names that no text
in JSON can look like, as a quotation mark within a text is escaped.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from graphql import (
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
    Visitor,
    get_named_type,
    is_required_argument,
    parse,
    print_ast,
    visit,
)

from api.reads.question import SCHEMA, Rejected
from graph.model import KINDS

_PERSON, _OWNER = "_seenPerson", "_seenOwner"
_OWNERS = ("person", "owner")
"""Fields that lead from a thing to the person whom it is about."""
_UUID = rb'"([0-9a-f-]{36})"'
_FOUND = re.compile(
    rb'"%s":%s(?:,|(?=\}))|"%s":(?:null|\{"uuid":%s\})(?:,|(?=\}))' % (_PERSON.encode(), _UUID, _OWNER.encode(), _UUID)
)
_LONGEST = 100
"""Bytes of such a field at most: as many wait for the next piece, in case it goes on there."""
_OF_PERSON = {"private": "private", "cpr": "cpr"}
_GROUPS = {
    "Person": "identity", "PersonState": "identity", "Employment": "employment", "Affiliation": "employment",
    "Account": "accounts", "PlannedAccount": "accounts", "HeldRight": "rights", "Grant": "rights",
    "Assignment": "responsibilities",
}  # fmt: skip


_INDIRECT = {
    "search": "search", "changes": "log", "changeFeed": "log", "provenance": "log", "disagreements": "log",
    "sourceRecords": "log", "badRecords": "log", "accountPlan": "log", "comingAccountChanges": "log",
}  # fmt: skip
"""Root fields whose answers have texts about people, and don't say whom: such a read is noted, whoever it shows."""


@dataclass(frozen=True, slots=True)
class Looking:
    """A document that also asks who is seen. ``groups``: of the fields that it reads about people."""

    query: str
    groups: tuple[str, ...]


@lru_cache(maxsize=1000)
def looking(query: str) -> Looking:
    """Of a document that is valid. Raises Rejected for one that uses our names."""
    if _PERSON in query or _OWNER in query:
        text = f"{_PERSON} and {_OWNER} are names that REConnect uses itself: choose others."
        raise Rejected(GraphQLError(text, extensions={"code": "bad_question"}))
    types = TypeInfo(SCHEMA)
    adding = _Adding(types)
    document = visit(parse(query), TypeInfoVisitor(types, adding))
    return Looking(print_ast(document), tuple(sorted(adding.groups)))


class _Adding(Visitor):
    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.groups: set[str] = set()

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent = self._types.get_parent_type()
        if parent is None:
            return
        if parent is SCHEMA.query_type and node.name.value in _INDIRECT:
            self.groups.add(_INDIRECT[node.name.value])
        if parent.name in ("Person", "PersonState") and node.name.value in _ACCESS:
            self.groups.add(_ACCESS[node.name.value])
        elif parent.name in _GROUPS and node.name.value not in ("uuid", "__typename"):
            self.groups.add(_GROUPS[parent.name])

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode | None:
        parent = self._types.get_parent_type()
        added: FieldNode | InlineFragmentNode
        if isinstance(parent, GraphQLObjectType):
            if parent.name == "Person":
                added = _field("uuid", _PERSON)
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


_ACCESS = {
    "".join(part if not number else part.title() for number, part in enumerate(each.name.split("_"))): each.access
    for each in KINDS["Person"].properties
    if each.access in _OF_PERSON
} | {"cpr": "cpr"}
"""Fields of a person with a right of their own → the group."""


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
    """Takes the added fields out of an answer, piece by piece. ``persons``: uuids of those in it so far."""

    persons: set[str] = field(default_factory=set)
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
        uuid = found[1] or found[2]
        if uuid is not None:
            self.persons.add(uuid.decode())
        return b""
