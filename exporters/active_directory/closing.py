"""What closing.graphql's answers mean for users. Only this module knows their form."""

from collections.abc import Mapping, Sequence
from typing import Any

from exporters.errors import ImageError
from exporters.objects.target import Closing, Ref
from exporters.target import Image


def closings(image: Image, asked: Mapping[str, Sequence[str]], system: str) -> Closing:
    """The users of one system that must not be open on the day, and those that may. Raises ImageError."""
    stopped, open_, changed = set[str](), set[str](), set(asked["PlannedAccount"])
    try:
        for person in image["Person_stopped"]:
            # Of a person who was stopped, only what is open on the day is to be open: some accounts have ended since.
            own = person["plannedAccounts"] if person["stopped"] else person["open"]
            (stopped if person["stopped"] else open_).update(each["uuid"] for each in own if _system(each) == system)
        open_ -= changed  # they are asked about themselves
        for account in image["PlannedAccount"]:
            if _system(account) == system:
                (stopped if account["owner"] and account["owner"]["stopped"] else open_).add(account["uuid"])
    except (LookupError, TypeError) as error:
        raise ImageError(f"The answers lack what closing needs: {error!r}") from error
    # An account that was planned and withdrawn on one day has no days left, and is in no list.
    ended = changed - stopped - open_
    return Closing(*(frozenset(Ref("user", each) for each in refs) for refs in (stopped, ended, open_ - stopped)))


def _system(account: Mapping[str, Any]) -> str | None:
    system = account["system"]
    return str(system["key"]) if system else None
