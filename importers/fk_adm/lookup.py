"""The source's queries of the graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Setting:
    """A job-function role's setting for a constraint type. ``fixed``: as written; ``dynamic``: not fixed."""

    fixed: tuple[str, ...] = ()
    parameter: str = ""
    dynamic: bool = False
    unlimited: bool = False


@dataclass(frozen=True, slots=True)
class KnownRole:
    """A job-function role, as we have it or as KOMBIT has it.

    ``cvr``: of the authority whose role it is. ``includes``: URIs of its system roles. ``settings``: by URI of the
    system role and of the constraint type.
    """

    cvr: str
    uri: str
    title: str
    uuid: str = ""
    description: str = ""
    delegated_to: str = ""
    includes: frozenset[str] = frozenset()
    settings: Mapping[tuple[str, str], Setting] = field(default_factory=dict)


class Lookup(Protocol):
    """What other sources state today."""

    def keys(self, kind: str) -> Mapping[str, str]:
        """URI → natural key, of the things of a kind that only one has; of this source's environment."""

    def roles(self, cvr: str) -> Sequence[KnownRole]:
        """Job-function roles that others than this source state. ``cvr``: our own."""
