"""The one entrance of every query: it is parsed, counted, validated, and kept for the next time.

Long documents are handled in a thread of their own, one after the other, so that others are answered meanwhile.
"""

import asyncio
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    NamedTypeNode,
    NoFragmentCyclesRule,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    TypeNode,
    VariableNode,
    Visitor,
    get_named_type,
    parse,
    validate,
    visit,
)
from graphql.execution.values import VariableValues, get_variable_values

from api.access.budget import Account, Spent
from api.model.deprecated import DEPRECATED, STRING_AS_ID
from api.model.refused import Rejected
from api.model.variables import within
from api.reads.bounded_cache import Kept
from api.reads.expansion import SpreadsItself, check_expansion
from api.reads.root_fields import RootField, root_fields
from api.reads.string_as_id import RULES
from api.schema import schema

T = TypeVar("T")
SCHEMA = schema._schema  # graphql-core's own form, which validation works on
MOST_TOKENS = 20_000
MOST_IN_LISTS = MOST_TOKENS
"""Entries in the lists of a request's variables: a document has no room for more, either."""
_MOST_ERRORS = 20
"""Errors of a document or its variables that are told; each is worked out with its suggestions."""
_SHORT = 2_000  # bytes of a short document, and
_FEW = 200  # its fields; it takes a few milliseconds at most
_BYTES_A_CHARACTER = 64  # of a parsed document; measured
_KEPT_BYTES = 32 * 1024 * 1024
_SCHEMA_FIELDS = frozenset({"__schema", "__type"})
_NO_VARIABLES = VariableValues({}, {})


@dataclass(slots=True, eq=False)
class Question:
    """A parsed and validated document, with its operation."""

    document: DocumentNode
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    roots: tuple[RootField, ...]
    """The root fields, including those in fragments."""
    deprecated: frozenset[str]
    """What is deprecated in it (``api.model.deprecated``)."""
    fields: int
    """Its number of fields, counting fragments wherever they are spread."""
    size: int
    """Approximate bytes in memory."""
    shaped_by: set[tuple[str, ...]] = field(default_factory=set)
    """Variables (``Given.path``) whose values are in the statements of plans."""

    def shaping(self, values: Mapping[str, Any]) -> Hashable:
        """The values of those variables in this request."""
        return tuple((path, within(path, values)) for path in sorted(self.shaped_by))

    @property
    def root_fields(self) -> frozenset[str]:
        """Names of the root fields."""
        return frozenset(each.name for each in self.roots)

    @property
    def is_read(self) -> bool:
        """A query of the graph; graphql-core answers queries of the schema."""
        return self.operation.operation is OperationType.QUERY and not self.is_about_schema

    @property
    def is_about_schema(self) -> bool:
        """It asks only about the schema: ``question_of`` refuses a mixture."""
        return not _SCHEMA_FIELDS.isdisjoint(self.root_fields)

    @property
    def is_long(self) -> bool:
        """Compiling it takes longer than other queries should wait."""
        return self.fields > _FEW


_kept: Kept[tuple[str, str | None], Question] = Kept(_KEPT_BYTES)
_threads = ThreadPoolExecutor(1, "documents")
_MOST_WAITING = 32
_AGAIN = 5  # seconds
_waiting = 0


async def in_turn(work: Callable[[], T]) -> T:
    """Run long work; one after the other, so that the other requests get most of the time.

    Raises Spent if too many wait already.
    """
    global _waiting
    if _waiting >= _MOST_WAITING:
        text = "Too many long queries are waiting to be parsed. Try again in some seconds, or send shorter ones."
        raise Spent(GraphQLError(text, extensions={"code": "busy"}), _AGAIN)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_threads, work)
    finally:
        _waiting -= 1


async def question_for(text: str, name: str | None, account: Account | None = None) -> Question:
    """As ``question_of``, without blocking the event loop. ``account``: pays for a long document that is new, before it
    is validated."""
    found = _kept.get((text, name))
    if found is not None:
        return found
    document, fields = await in_turn(partial(_counted, text)) if len(text) > _SHORT else _counted(text)
    if fields > _FEW and account is not None:
        account.charge_new(fields)
    if fields > _FEW or len(text) > _SHORT:
        return await in_turn(partial(_validated, document, fields, text, name))
    return _validated(document, fields, text, name)


def question_of(text: str, name: str | None) -> Question:
    """Parse, count and validate. Raises Rejected with graphql-core's texts."""
    found = _kept.get((text, name))
    return _validated(*_counted(text), text, name) if found is None else found


def coerced(question: Question, variables: Mapping[str, Any] | None) -> VariableValues:
    """The values of the operation's variables, in their declared types. Raises Rejected (bad_variables, over_limit)."""
    definitions = question.operation.variable_definitions
    if not definitions:
        return _NO_VARIABLES
    _require_few(variables)
    values = get_variable_values(SCHEMA, list(definitions), dict(variables or {}), _MOST_ERRORS)
    if isinstance(values, list):
        for each in values:
            each.extensions = {"code": "bad_variables"}
        raise Rejected(*values)
    return values


def _require_few(variables: object) -> None:
    """Raises Rejected (over_limit) for lists with too many entries, before any of them is looked at."""
    entries, inside = 0, [variables]
    while inside:
        value = inside.pop()
        if isinstance(value, dict):
            inside += value.values()
        elif isinstance(value, list):
            entries += len(value)
            if entries > MOST_IN_LISTS:
                text = f"The lists among the variables may have {MOST_IN_LISTS} entries. Ask in several requests."
                raise Rejected(GraphQLError(text, extensions={"code": "over_limit"}))
            inside += value


def _counted(text: str) -> tuple[DocumentNode, int]:
    try:
        document = parse(text, max_tokens=MOST_TOKENS)
        return document, check_expansion(document)
    except GraphQLError as error:
        raise Rejected(error) from error
    except SpreadsItself as error:
        raise Rejected(*validate(SCHEMA, document, [NoFragmentCyclesRule])) from error


def _validated(document: DocumentNode, fields: int, text: str, name: str | None) -> Question:
    errors = validate(SCHEMA, document, RULES, max_errors=_MOST_ERRORS)
    if errors:
        raise Rejected(*errors)
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is not None:
        operations = [each for each in operations if each.name and each.name.value == name]
        if not operations:
            raise Rejected(GraphQLError(f"operationName: the document has no operation {name!r}"))
    if len(operations) != 1:
        raise Rejected(GraphQLError("give operationName: the name of one operation of the document"))
    (operation,) = operations
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    question = Question(
        document,
        operation,
        fragments,
        root_fields(SCHEMA, operation, fragments),
        _deprecated(document),
        fields,
        2_000 + _BYTES_A_CHARACTER * len(text),
    )
    if question.is_about_schema and question.root_fields - _SCHEMA_FIELDS - {"__typename"}:
        raise Rejected(GraphQLError("query the schema (__schema, __type) in a request of its own"))
    _kept.put((text, name), question, question.size)
    return question


def _deprecated(document: DocumentNode) -> frozenset[str]:
    """What is deprecated in the document."""
    found: set[str] = set()
    info = TypeInfo(SCHEMA)
    texts = {
        definition.variable.name.value
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        for definition in each.variable_definitions or ()
        if _name_of(definition.type) == "String"
    }

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            parent = info.get_parent_type()
            if parent is not None and (name := f"{parent.name}.{node.name.value}") in DEPRECATED:
                found.add(name)

        def enter_variable(self, node: VariableNode, *_: object) -> None:
            wanted = info.get_input_type()
            if node.name.value in texts and wanted is not None and get_named_type(wanted).name == "ID":
                found.add(STRING_AS_ID)

    visit(document, TypeInfoVisitor(info, Fields()))
    return frozenset(found)


def _name_of(type_: TypeNode) -> str:
    while not isinstance(type_, NamedTypeNode):
        type_ = type_.type  # type: ignore[attr-defined]  # a list's, or one that is not null
    return type_.name.value
