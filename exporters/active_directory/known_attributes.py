"""Whether the domain has every attribute that REConnect would write: an older schema, or one without Exchange, lacks
some. Without this look each account would be refused, one by one, with a code that names no attribute."""

from collections.abc import Mapping, Sequence

from exporters.active_directory.entries import CLASSES, NAMED_BY, PLACE
from exporters.active_directory.session import Session
from exporters.active_directory.settings import ActiveDirectorySettings
from exporters.errors import DeliveryError
from graph.retry import NEVER
from protocols.ldap import values
from protocols.ldap.connection import Directory

_SURE = "sAMAccountName"
"""Every domain has it: without it in the answer the service account can't read the schema, and nothing is known."""


def require_attributes(
    session: Session, settings: ActiveDirectorySettings, fields: Mapping[str, Sequence[str]]
) -> None:
    """Raises DeliveryError naming the attributes that the domain lacks; Unanswered, RequestRejected."""
    wanted = {settings.key_of(kind) for kind in CLASSES} | {_SURE}
    wanted |= {name for kind, names in fields.items() for name in names if name not in (PLACE, NAMED_BY[kind])}
    wanted -= settings.excluded_attributes
    known = session.read(lambda directory: _among(directory, sorted(wanted)))
    missing = sorted(name for name in wanted if name.lower() not in known)
    if missing and _SURE.lower() in known:
        raise DeliveryError(
            f"The domain has no attribute {', '.join(missing)}. Name others in key_attribute, other_key_attribute and "
            "attributes of the settings, or extend the domain's schema. Nothing was created or changed.",
            retry=NEVER,
        )


def _among(directory: Directory, names: Sequence[str]) -> set[str]:
    """Those that the schema has, in small letters."""
    place = values.text(directory.read("", ["schemaNamingContext"]), "schemaNamingContext")
    what = "".join(f"(lDAPDisplayName={each})" for each in names)
    found = directory.search(str(place), f"(|{what})", ["lDAPDisplayName"], scope="LEVEL")
    return {str(values.text(each.values, "lDAPDisplayName")).lower() for each in found}
