"""The addresses of one embedded instance's servers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Addresses:
    """Addresses and login of an embedded instance; all on the loopback interface.

    ``redis_url`` contains the Valkey password and ``password`` is Neo4j's: neither may be logged.
    """

    bolt_uri: str
    user: str
    password: str
    redis_url: str
    http_url: str

    @property
    def browser_url(self) -> str:
        """Neo4j Browser's page."""
        return f"{self.http_url}/browser/"

    def __repr__(self) -> str:
        return f"Addresses(bolt_uri={self.bolt_uri!r}, http_url={self.http_url!r}, user={self.user!r})"
