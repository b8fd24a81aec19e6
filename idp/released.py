"""What a service provider gets of a person: the attributes of its settings, and rights where it is to have them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import neo4j

from graph.cpr.keyring import Keyring
from idp.attributes import attributes_of, facts_of
from idp.claims.person_claims import Receiving, claims_of
from idp.claims.subjects import NoClaims, subject_of
from idp.local_account import LocalAccount
from idp.saml.contexts import assurance_level
from idp.saml.name_ids import x509_subject
from idp.saml.names import X509_SUBJECT
from idp.settings import ServiceProviderSettings


@dataclass(frozen=True)
class Releasing:
    """``cvr``: the municipality's; None where the settings have none. ``receivers``: as for claims at ADFS."""

    keyring: Keyring = field(repr=False)
    cvr: str | None = None
    receivers: Mapping[str, Receiving] = field(default_factory=dict)

    def to(
        self,
        settings: ServiceProviderSettings,
        session: neo4j.Session,
        account: LocalAccount,
        day: date,
        *,
        two_factors: bool,
    ) -> "Released":
        """``two_factors``: how the person has logged in. Raises ExpressionFailed; NoClaims: the person or the rights
        can't be told: then nothing is asserted."""
        keyring = self.keyring if settings.cpr else None
        facts = session.execute_read(facts_of, account.uuid, account.person, day, keyring)
        if facts is None:
            raise NoClaims(404, "unknown_user", "The account is gone.")
        facts["login"] = {"assurance_level": assurance_level(two_factors), "two_factors": two_factors}
        values = attributes_of(settings.expressions, facts)
        if settings.rights is not None:
            values |= self._rights(settings, session, account, day)
        name_id = account.uuid
        if settings.name_id_format == X509_SUBJECT:
            # As ADFS gets it (kombit_access.md, rule 5): of the person, whichever account is used.
            name_id = x509_subject(self.cvr or "", str(facts["person"].get("name") or ""), account.person)
        return Released(name_id, settings.name_id_format, values)

    def _rights(
        self, settings: ServiceProviderSettings, session: neo4j.Session, account: LocalAccount, day: date
    ) -> dict[str, list[str]]:
        """The same document as ADFS gets (kombit_access.md §5). Without any right there is no attribute."""
        whose = subject_of(session, account.uuid, day, key_type="uuid")
        found = claims_of(session, whose, settings.rights, self.cvr or "", day, receivers=self.receivers)
        made = {name: list(values) for name, values in found.attributes.items()}
        return made | ({settings.rights_as: [found.oio_bpp]} if found.oio_bpp is not None else {})


@dataclass(frozen=True, slots=True)
class Released:
    """``name_id``: the one of the settings. ``attributes``: name → values; one without values is not sent."""

    name_id: str
    name_id_format: str
    attributes: Mapping[str, list[str]]
