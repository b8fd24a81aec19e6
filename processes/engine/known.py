"""What there is outside of the diagrams, against which a definition is checked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from graph.expressions import Names


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a service takes. ``needed``: without which it can't be done; ``possible``: all; None = whatever is given.
    ``of_template``: what a template gives instead, if the service task names one."""

    needed: frozenset[str] = frozenset()
    possible: frozenset[str] | None = None
    of_template: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Known:
    """``forms``: the fields of each, members with a dot (``person.name``).

    ``changes``: by kind, what may happen to a thing by which cases start; ``happened``: what they may look at then.
    """

    roles: Collection[str]
    responsibilities: Collection[str]
    forms: Mapping[str, Collection[str]]
    services: Mapping[str, Arguments] = field(default_factory=dict)
    changes: Mapping[str, Collection[str]] = field(default_factory=dict)
    happened: Names = field(default_factory=dict)
