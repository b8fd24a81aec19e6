"""The context of a request: the caller, the graph, and what it has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import neo4j
from graphql import FieldNode, FragmentDefinitionNode, OperationDefinitionNode

from api.access.four_eyes import Rule
from api.access.rights import Access
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder
from rules.accounts.staff import Memberships

if TYPE_CHECKING:
    from api.runs import Runs
    from exporters.objects.deciding import Decisions
    from idp.local_accounts.handing_over import HandingOver


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a mutation has changed, and is to be read in the same request (``api.reads.reading_back``).

    ``path``: of the field in the answer. ``nodes``: as it is asked for."""

    path: Sequence[str | int]
    uuid: str
    nodes: Sequence[FieldNode]
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True, slots=True)
class Context:
    """``access``: of the token that the request came with."""

    access: Access
    driver: neo4j.Driver
    reading: neo4j.AsyncDriver
    keyring: Keyring
    order: SourceOrder
    four_eyes: frozenset[Rule] = frozenset()
    """The rules of ``api.access.four_eyes`` that apply."""
    changed: list[ReadBack] = field(default_factory=list)
    """The things that the request's mutations have changed, if they must be read back."""
    memberships: tuple[Memberships, ...] = ()
    """Of the targets that keep groups, for previews."""
    handing: "HandingOver | None" = None
    """Invites people to log in; None if people don't log in here."""
    decisions: "Decisions | None" = None
    """Decides about accounts at targets for people; None without targets."""
    runs: "Runs | None" = None
    """Starts runs of sources and targets; None without a job queue."""
