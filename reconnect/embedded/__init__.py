"""A Neo4j and a Valkey in a folder, without root, Docker or a server (architecture.md §6)."""

from reconnect.embedded.addresses import Addresses
from reconnect.embedded.errors import EmbeddedError
from reconnect.embedded.instance import Instance, Status, start, stop

__all__ = ["Addresses", "EmbeddedError", "Instance", "Status", "start", "stop"]
