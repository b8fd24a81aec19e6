"""The context of a request: the caller, and the graph."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import neo4j

from api.access.four_eyes import Rule
from api.access.rights import Access
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder
from rules.accounts.staff import Memberships

if TYPE_CHECKING:
    from api.mutations.reading_back import ReadBack
    from exporters.objects.deciding import Decisions
    from idp.local_accounts.handing_over import HandingOver


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
    changed: "list[ReadBack]" = field(default_factory=list)
    """The things that the request's mutations have changed, if they must be read back."""
    memberships: tuple[Memberships, ...] = ()
    """Of the targets that keep groups, for previews."""
    handing: "HandingOver | None" = None
    """How people are invited to log in; None where no people log in here."""
    decisions: "Decisions | None" = None
    """How people decide about accounts at targets; None where no targets are known."""
