"""Which rights it takes to let processes do something: to deploy a definition, to start or repair a case of it, and to
deliver a message to one."""

from collections.abc import Iterable
from typing import Literal

from graphql import GraphQLError

from api.access.rights import WRITE, Access, forbidden, whole
from processes.cases.definitions import Version
from processes.services import OWN

DEPLOYS = frozenset({"organisation", "operations"})
"""The system roles that deploy definitions, and let them send mails and call other systems."""


def require_rights(used: Iterable[str], access: Access, act: Literal["deploy", "start", "repair"] = "deploy") -> None:
    """Raises GraphQLError (forbidden) unless a caller may let processes use these services.

    ``start``: those that a case uses before anybody has completed a task. What happens outside of the graph, such as a
    mail, is then the deployer's to answer for.
    """
    for name in sorted(set(used)):
        if act == "start" and name in OWN:
            continue
        roles = WRITE.get(name, DEPLOYS)
        done = {"deploy": "deployed", "start": "started", "repair": "repaired"}[act]
        which = f"a process that uses {name}" + (" before anybody has decided" if act == "start" else "")
        if not roles & access.roles:
            raise forbidden(f"{which} is {done} with", roles)
        if not roles & access.everywhere:
            raise whole(f"{which} reaches the whole organisation: to {act} it", roles)


def require_delivery(access: Access, version: Version, message: str) -> None:
    """Raises GraphQLError (forbidden) unless a caller may let a case use what follows a message before a task."""
    require_rights(version.definition.unattended_after(message), access, "start")


def may_start(used: Iterable[str], access: Access) -> bool:
    """Whether ``require_rights`` lets a caller start a process that uses these services before anybody has decided."""
    try:
        require_rights(used, access, "start")
    except GraphQLError:
        return False
    return True
