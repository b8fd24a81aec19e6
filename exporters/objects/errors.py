"""What can go wrong with one object at a target. What is wrong with the target as a whole is a DeliveryError.

ObjectError
├── Refused     the target does not take it, in its own words: it is parked
│   └── Taken   another object has its key or name already
├── Gone        there is no object with this id any more
└── Unanswered  no answer, or one that leaves open what was done: look, then try again
"""

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
    """Another object at the target has what must be unique."""

    retry = NEXT


class Gone(ObjectError):
    """The object that we know by an id is not there."""

    retry = NEXT


class Unanswered(ObjectError):
    """It is unknown what the target did."""

    retry = SOON
