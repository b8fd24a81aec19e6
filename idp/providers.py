"""Service providers as the settings name them: where their metadata is, and what they get.

Metadata is read again every few hours, by whoever needs it first. If that fails, or brings a document that can't be
used, the last good copy stays in use, in the graph too, so that a restart without the network changes nothing.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import neo4j
import structlog
from cryptography import x509

from idp.saml.errors import BadMetadata
from idp.saml.service_providers import LARGEST_METADATA, ServiceProvider, service_provider
from idp.settings import ServiceProviderSettings
from protocols.certificates import UnusableFile, certificates
from protocols.http.errors import HttpError

AGAIN = timedelta(hours=3)
RETRY = timedelta(minutes=10)
_log = structlog.get_logger("idp.providers")
Fetch = Callable[[str, int], bytes]


class Provider:
    """A service provider with its present metadata."""

    def __init__(self, name: str, settings: ServiceProviderSettings, driver: neo4j.Driver, fetch: Fetch) -> None:
        self.name = name
        self.settings = settings
        self._driver = driver
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: ServiceProvider | None = None
        self._next: datetime | None = None

    def metadata(self, now: datetime) -> ServiceProvider | None:
        """As last read; None if there never was a document that can be used."""
        with self._lock:
            if self._next is None or now >= self._next:
                self._refresh(now)
            return self._known

    def _refresh(self, now: datetime) -> None:
        try:
            document = self._read()
            found = service_provider(document, now, self._expected(), self._signers())
        except (BadMetadata, HttpError, OSError, UnusableFile) as wrong:
            _log.warning("metadata_not_refreshed", provider=self.name, problem=str(wrong))
            self._next = now + RETRY
            if self._known is None:
                self._known = self._last_good(now)
            self._note(now, problem=str(wrong))
            return
        self._known, self._next = found, now + AGAIN
        self._note(now, document=document.decode("utf-8", "replace"), entity_id=found.entity_id)

    def _read(self) -> bytes:
        if self.settings.metadata_file is not None:
            return self.settings.metadata_file.read_bytes()
        return self._fetch(str(self.settings.metadata_url), LARGEST_METADATA)

    def _expected(self) -> str | None:
        """The entity that is meant; once one was read, another one doesn't take its place."""
        if self.settings.entity_id is not None:
            return self.settings.entity_id
        return None if self._known is None else self._known.entity_id

    def _signers(self) -> tuple[x509.Certificate, ...]:
        file = self.settings.metadata_signed_by
        return () if file is None else certificates(file)

    def _last_good(self, now: datetime) -> ServiceProvider | None:
        rows, _, _ = self._driver.execute_query(
            "MATCH (m:ProviderMetadata {name: $name}) RETURN m.document AS document", name=self.name
        )
        if not rows or rows[0]["document"] is None:
            return None
        try:
            return service_provider(rows[0]["document"].encode(), now, self._expected())
        except BadMetadata as wrong:
            _log.warning("last_metadata_unusable", provider=self.name, problem=str(wrong))
            return None

    def _note(self, now: datetime, problem: str | None = None, **good: str) -> None:
        self._driver.execute_query(
            """
            MERGE (m:ProviderMetadata {name: $name})
            SET m.problem = $problem, m.tried = $now, m += $good
            SET m.read = CASE WHEN $problem IS NULL THEN $now ELSE m.read END
            """,
            name=self.name,
            problem=problem,
            now=now,
            good=good,
        )


class Providers:
    """All service providers of the settings."""

    def __init__(self, settings: Mapping[str, ServiceProviderSettings], driver: neo4j.Driver, fetch: Fetch) -> None:
        self.all = [Provider(name, each, driver, fetch) for name, each in sorted(settings.items())]

    def of(self, entity_id: str, now: datetime) -> tuple[Provider, ServiceProvider] | None:
        """The one with this entity id."""
        for each in self.all:
            found = each.metadata(now)
            if found is not None and found.entity_id == entity_id:
                return each, found
        return None
