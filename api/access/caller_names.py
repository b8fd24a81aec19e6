"""Names of callers in the change log: a token's own, and those of others."""

from graph.identity.user_names import PERSON as PERSON

BREAK_GLASS, CLIENT = "break-glass:", "client:"
OWN_NAMES = (PERSON, BREAK_GLASS, CLIENT)
"""What the names of others than tokens begin with, followed by a person's uuid or a name: so that a token can't be
taken for them in the change log, or where another than the author must approve."""


def is_nobody_known(name: str) -> bool:
    """The person behind it is unknown: anyone who opens the safe can use it, so it may be any other caller."""
    return name.startswith(BREAK_GLASS)


def person_of(user: str | None) -> str | None:
    """UUID of the person whose session or token made a change; None for others."""
    return user.removeprefix(PERSON) if user is not None and user.startswith(PERSON) else None
