"""Requests written by hand, for what REConnect itself never sends, and what the stand-in answers to them."""

from importers.cpr.settings import LOOKUP_SERVICE, SUBSCRIPTION_SERVICE
from sample.cpr_service.app import Service
from sample.cpr_service.requests import PATHS
from tests.importers.cpr.register import ALMA, KNOWN

LOOKUP, SUBSCRIPTION = PATHS
_SCHEMAS = "http://serviceplatformen.dk/xml/schemas"


def caller() -> str:
    user = "<c:OnBehalfOfUser>kim</c:OnBehalfOfUser>"
    return f'<c:CallContext xmlns:c="{_SCHEMAS}/CallContext/1/">{user}</c:CallContext>'


def authority(cvr: str = KNOWN.cvr) -> str:
    return (
        f'<a:AuthorityContext xmlns:a="{_SCHEMAS}/AuthorityContext/1/">'
        f"<a:MunicipalityCVR>{cvr}</a:MunicipalityCVR></a:AuthorityContext>"
    )


def invocation(path: str = LOOKUP, **other: str) -> str:
    """The four UUIDs, ``other`` ones by the element's name."""
    uuids = {
        "ServiceAgreementUUID": KNOWN.service_agreement,
        "UserSystemUUID": KNOWN.user_system,
        "UserUUID": KNOWN.user,
        "ServiceUUID": LOOKUP_SERVICE if path == LOOKUP else SUBSCRIPTION_SERVICE,
    } | other
    inner = "".join(f"<i:{name}>{value}</i:{name}>" for name, value in uuids.items())
    return f'<i:InvocationContext xmlns:i="{_SCHEMAS}/InvocationContext/1/">{inner}</i:InvocationContext>'


def number(of: str = ALMA) -> str:
    return f'<p:PNR xmlns:p="{_SCHEMAS}/cpr/PNR/1/">{of}</p:PNR>'


def asked(service: Service, path: str, operation: str, *parts: str, action: str | None = None) -> tuple[int, bytes]:
    """HTTP status and body of the answer to a message with these parts. ``action``: instead of the right SOAPAction."""
    namespace = PATHS[path]
    message = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<x:{operation} xmlns:x="{namespace}">{"".join(parts)}</x:{operation}></s:Body></s:Envelope>'
    )
    if action is None:
        action = f'"{namespace}PersonLookup"' if path == LOOKUP else '""'
    status, _, content = service.answer(path, message.encode(), action, CERTIFICATE)
    return status, content


CERTIFICATE = "fingerprint"
CLIENTS = {CERTIFICATE: KNOWN}
