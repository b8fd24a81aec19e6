"""Services: what a process does by itself, in the graph or outside.

What is done in the graph is written in one transaction with the step of the case, so that it is done once, whatever is
killed meanwhile. What is done outside is noted before it is tried; if it isn't known whether it was done, only what is
``repeatable`` is tried again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import neo4j

from graph.retry import Retry
from processes.engine.known import Arguments
from processes.errors import CaseError


@dataclass(frozen=True, slots=True)
class Call:
    """A service that is to be carried out.

    ``name``: the service's; ``title``: of its element in the diagram. ``key``: the same for each try of the same work.
    ``deployer``: the user who has deployed the definition, and ``roles`` what this user might do then; None = anything.
    ``alone``: UUID of the person who has started the case, where nobody has completed a task before. ``at``: the moment
    of the try. ``note``: what the log of the case is to say when it is done. ``persons``: UUIDs of those whom a letter
    may name.
    """

    process: str
    case: str
    element: str
    name: str
    title: str
    key: str
    arguments: Mapping[str, Any]
    deployer: str = ""
    roles: frozenset[str] | None = None
    alone: str | None = None
    at: datetime | None = None
    note: str = ""
    persons: tuple[str, ...] = ()


class ServiceFailed(CaseError):
    """A service could not be carried out; ``retry`` says whether and when another try is worth it."""

    code = "service_failed"

    def __init__(self, text: str, retry: Retry) -> None:
        super().__init__(text)
        self.retry = retry


@dataclass(frozen=True, slots=True)
class Noted:
    """An answer with a note for the log of the case: what was done in part only."""

    answer: Any
    note: str


@dataclass(frozen=True, slots=True)
class Service:
    """``carry_out``: does it, and gives its answer, perhaps ``Noted``. Raises GraphError. ``in_graph``: it writes with
    the driver that it is given, and nowhere else. ``repeatable``: doing it twice with the same key does no harm.
    ``pages``: where the pages are, for links in what it sends; empty = not known."""

    arguments: Arguments
    carry_out: Callable[[neo4j.Driver, Call], Any]
    in_graph: bool = False
    repeatable: bool = False
    pages: str = ""


Services = Mapping[str, Service]
"""By the names that diagrams use."""

MAIL, WEBHOOK, LETTER = "mail", "webhook", "letter"
TEMPLATED: Final = frozenset({"subject", "text"})
"""What a template gives."""
OWN: Mapping[str, Arguments] = MappingProxyType({
    MAIL: Arguments(frozenset({"to", *TEMPLATED}), frozenset({"to", "language", *TEMPLATED}), TEMPLATED),
    LETTER: Arguments(TEMPLATED, frozenset({"language", *TEMPLATED}), TEMPLATED),
    WEBHOOK: Arguments(frozenset({"hook"}), frozenset({"hook", "body"})),
})  # fmt: skip
"""Services beside the API's mutations. ``to``: a person, or several; ``hook``: a name in the settings; ``language``: of
what is sent, ``da`` or ``en``."""
