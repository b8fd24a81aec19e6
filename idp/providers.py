"""Service providers as the settings name them: where their metadata is, and what they get.

Metadata is read again every few hours, by the first request that needs it; others go on with what is known meanwhile.
If that fails, or brings a document that can't be used, the last good copy stays in use until its own end
(``idp.kept_metadata``).

Two service providers of the settings are never the same entity. Otherwise an application could take another's place by
what it writes in its metadata.
"""

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import neo4j
import structlog
from cryptography import x509

from graph.time import unless_ahead
from idp.kept_metadata import Copy, KeptMetadata
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
        self._kept = KeptMetadata(driver, name, str(settings.metadata_file or settings.metadata_url))
        self._fetch = fetch
        self._lock = threading.Lock()
        self._known: ServiceProvider | None = None
        self._next: datetime | None = None

    def metadata(self, now: datetime) -> ServiceProvider | None:
        """As last read; None if there never was a document that can be used, or if it has ended."""
        # Only one caller waits for a slow server, as long as there is a copy to go on with.
        if self._lock.acquire(blocking=self._known is None):
            try:
                due = unless_ahead(self._next, now + AGAIN)
                if due is None or now >= due:
                    self._refresh(now)
            finally:
                self._lock.release()
        return self.known(now)

    def known(self, now: datetime) -> ServiceProvider | None:
        """As ``metadata``, without reading anything."""
        known = self._known
        return None if known is None or (known.valid_until is not None and known.valid_until <= now) else known

    def _refresh(self, now: datetime) -> None:
        if self._known is None:
            self._known = self._last_good(now)
        self._next = now + RETRY
        try:
            document = self._read()
            found = service_provider(document, now, self._expected(), self._signers())
        except (BadMetadata, HttpError, OSError, UnusableFile) as wrong:
            _log.warning("metadata_not_refreshed", provider=self.name, problem=str(wrong))
            self._kept.failed(str(wrong), now)
            return
        self._known, self._next = found, now + AGAIN
        self._kept.keep(Copy(found.entity_id, document), now)

    def _read(self) -> bytes:
        if self.settings.metadata_file is not None:
            return self.settings.metadata_file.read_bytes()
        return self._fetch(str(self.settings.metadata_url), LARGEST_METADATA)

    def _expected(self) -> str | None:
        """The entity that is meant: the one of the settings, else the first that was read from there."""
        if self.settings.entity_id is not None:
            return self.settings.entity_id
        copy = self._kept.copy()
        return None if copy is None else copy.entity_id

    def _signers(self) -> tuple[x509.Certificate, ...]:
        file = self.settings.metadata_signed_by
        return () if file is None else certificates(file)

    def _last_good(self, now: datetime) -> ServiceProvider | None:
        """The copy in the graph, as strictly read as a new one: the settings may ask for more than they did then."""
        copy = self._kept.copy()
        if copy is None:
            return None
        try:
            return service_provider(copy.document, now, self._expected(), self._signers())
        except (BadMetadata, UnusableFile) as wrong:
            _log.warning("last_metadata_unusable", provider=self.name, problem=str(wrong))
            return None


class Providers:
    """All service providers of the settings."""

    def __init__(self, settings: Mapping[str, ServiceProviderSettings], driver: neo4j.Driver, fetch: Fetch) -> None:
        self.all = [Provider(name, each, driver, fetch) for name, each in sorted(settings.items())]

    def of(self, entity_id: str, now: datetime) -> tuple[Provider, ServiceProvider] | None:
        """The one with this entity id. None if several have it, unless the settings name it for one of them."""
        # Only its own metadata is read again: a server that doesn't answer must not hold other logins up.
        for each in [each for each, _ in self._entities(entity_id, now)] or self.all:
            each.metadata(now)
        found = self._entities(entity_id, now)
        named = [each for each in found if each[0].settings.entity_id is not None]
        if len(found) > 1 and len(named) != 1:
            _log.error("several_providers_are_one_entity", providers=[each.name for each, _ in found])
            return None
        return next(iter(named or found), None)

    def _entities(self, entity_id: str, now: datetime) -> list[tuple[Provider, ServiceProvider]]:
        return [
            (each, known)
            for each in self.all
            if (known := each.known(now)) is not None and known.entity_id == entity_id
        ]
