"""What the condition of a grant may look at."""

from graph.expressions import NO_MEMBERS, Names
from graph.model import KINDS


def _members(kind: str, *more: str) -> Names:
    """Open properties only: a condition is read by more people than a home address is."""
    names = [each.name for each in KINDS[kind].properties if each.access == "open"]
    return dict.fromkeys((*names, *more), NO_MEMBERS)


CONDITION_NAMES: Names = {
    "employment": _members("Employment", "kind"),
    "unit": _members("Unit"),
    "position": _members("Position"),
    "role": dict.fromkeys(("key", "title"), NO_MEMBERS),
}
"""What a grant's condition may name. ``employment`` is the affiliation where there is one; ``employment.kind`` says
which. ``unit`` is where the person works or has the role; ``role`` is empty where the grant goes through none."""

ACCOUNT_CONDITION_NAMES: Names = {
    "employment": _members("Employment", "kind", "supplier", "start", "end"),
    "unit": _members("Unit"),
    "position": _members("Position"),
    "roles": dict.fromkeys(("key", "title"), NO_MEMBERS),
}
"""What an account rule's condition may name, as above. ``roles``: all that the employment or its person has that day:
``roles.exists(each, each.key == "manager")``. ``employment.start`` and ``end``: its days."""
