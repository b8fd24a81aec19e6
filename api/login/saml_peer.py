"""The identity provider that people log in at, such as ADFS, by its metadata.

They are read again every few hours, by the first login that needs them; others go on with what is known meanwhile. If
that fails, the last good copy stays in use until its own end, also over a restart (``idp.kept_metadata``).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import neo4j
import structlog
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser as MetadataParser

from api.login.settings import SamlLoginSettings
from graph.retry import NEVER
from graph.time import unless_ahead
from idp.kept_metadata import Copy, KeptMetadata
from idp.saml.errors import BadMetadata
from idp.saml.service_providers import LARGEST_METADATA, ForeignIdentityProvider, foreign_identity_provider
from protocols.http.errors import HttpError

AGAIN = timedelta(hours=3)
RETRY = timedelta(minutes=5)
NAME = "login.saml"
"""Of its metadata; no service provider of the settings has a dot in its name."""
_log = structlog.get_logger("api.login")


class SamlRefused(Exception):
    """A response that opens nothing. ``rule``: the one that it breaks; ``status``: of the page."""

    retry = NEVER

    def __init__(self, rule: str, status: int = 400) -> None:
        super().__init__(rule)
        self.rule = rule
        self.status = status


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """``settings``: as python3-saml takes them."""

    provider: ForeignIdentityProvider
    settings: dict[str, Any]


@dataclass
class SamlPeer:
    """``fetch``: reads metadata; raises HttpError."""

    driver: neo4j.Driver = field(repr=False)
    settings: SamlLoginSettings
    fetch: Callable[[str, int], bytes] = field(repr=False)
    _known: KnownPeer | None = field(default=None, repr=False)
    _next: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def known(self, now: datetime) -> KnownPeer:
        """As last read. Raises SamlRefused (no_identity_provider)."""
        # Only one caller waits for a slow server, as long as there is a copy to go on with.
        if self._lock.acquire(blocking=self._known is None):
            try:
                due = unless_ahead(self._next, now + AGAIN)
                if due is None or now >= due:
                    self._refresh(now)
            finally:
                self._lock.release()
        known = self._known
        ends = None if known is None else known.provider.valid_until
        if known is None or (ends is not None and ends <= now):
            raise SamlRefused("no_identity_provider", 503)
        return known

    def _refresh(self, now: datetime) -> None:
        self._next = now + RETRY
        kept = KeptMetadata(self.driver, NAME, str(self.settings.metadata_file or self.settings.metadata_url))
        copy = kept.copy()
        entity_id = self.settings.entity_id or (None if copy is None else copy.entity_id)
        if self._known is None and copy is not None:
            try:
                self._known = _parsed(copy.document, now, entity_id)
            except BadMetadata as wrong:
                _log.warning("last_metadata_unusable", provider=NAME, problem=str(wrong))
        try:
            document = self._read()
            self._known = _parsed(document, now, entity_id)
        except (HttpError, OSError, BadMetadata) as wrong:
            _log.warning("metadata_not_refreshed", provider=NAME, problem=str(wrong))
            kept.failed(str(wrong), now)
            return
        self._next = now + AGAIN
        kept.keep(Copy(self._known.provider.entity_id, document), now)

    def _read(self) -> bytes:
        file = self.settings.metadata_file
        return file.read_bytes() if file is not None else self.fetch(str(self.settings.metadata_url), LARGEST_METADATA)


def _parsed(document: bytes, now: datetime, entity_id: str | None) -> KnownPeer:
    """Raises BadMetadata. What python3-saml reads is what was checked here: one entity, and no document type."""
    provider = foreign_identity_provider(document, now, entity_id)
    try:
        found = MetadataParser.parse(document, entity_id=provider.entity_id).get("idp")
    except Exception as wrong:  # of several libraries
        raise BadMetadata(f"The metadata of {provider.entity_id} can't be read: {type(wrong).__name__}.") from wrong
    if not found or "singleSignOnService" not in found or not provider.signing:
        raise BadMetadata(f"The metadata of {provider.entity_id} lack an address for logins, or a key to check them.")
    return KnownPeer(provider, dict(found))
