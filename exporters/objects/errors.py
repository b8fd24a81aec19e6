"""Errors of one object at a target. Errors of the target as a whole are DeliveryErrors.

ObjectError
├── Refused           the target does not accept it, with its own text: it is parked
│   ├── Taken         another object has its key or name already
│   └── LinksRefused  the target does not accept some of its links, and has accepted everything else
├── Gone              there is no longer an object with this id
└── Unanswered        no answer, or one that does not show what was done: look, then try again
"""

from collections.abc import Mapping

from exporters.errors import ExportError
from graph.retry import NEXT, SOON


class ObjectError(ExportError):
    """Root."""

    retry = SOON


class Refused(ObjectError):
    """``problem``: the rule's name, the target's if it has one. The text is the target's own."""

    retry = NEXT

    def __init__(self, problem: str, text: str) -> None:
        super().__init__(text)
        self.problem = problem


class Taken(Refused):
    """Another object at the target has a value that must be unique. ``field``: which, if the target says so."""

    retry = NEXT

    def __init__(self, problem: str, text: str, field: str = "") -> None:
        super().__init__(problem, text)
        self.field = field


class LinksRefused(Refused):
    """The target does not accept some links of an object, and has accepted everything else. ``added``: field → ids of
    objects to which it makes no link; ``removed``: of those whose links it keeps."""

    retry = NEXT

    def __init__(
        self, problem: str, text: str, added: Mapping[str, frozenset[str]], removed: Mapping[str, frozenset[str]]
    ) -> None:
        super().__init__(problem, text)
        self.added, self.removed = added, removed


class Gone(ObjectError):
    """There is no object with the id that we know."""

    retry = NEXT


class Unanswered(ObjectError):
    """It is unknown what the target did."""

    retry = SOON
