"""What a request has at hand: who asks, and the graph."""

from dataclasses import dataclass

import neo4j

from api.access.rights import Access
from graph.cpr.keyring import Keyring
from graph.statements.precedence import SourceOrder


@dataclass(frozen=True, slots=True)
class Context:
    """``access``: of the token that the request came with."""

    access: Access
    driver: neo4j.Driver
    reading: neo4j.AsyncDriver
    keyring: Keyring
    order: SourceOrder
