"""What a SCIM server's refusal means for the object or for the whole target (scim.md §1 "Errors").

Judged by status and JSON body, never by the content type: servers label both wrongly.
"""

from collections.abc import Mapping

from exporters.errors import DeliveryError, LoginRefused
from exporters.objects.errors import Gone, ObjectError, Refused, Taken, Unanswered
from graph.retry import NEVER, Retry
from protocols.http.client import Answer

ERROR = "urn:ietf:params:scim:api:messages:2.0:error"
"""The schema of an error, in lower case."""
_LONGEST = 300
"""Characters of a server's own text that are kept."""


def words(answer: Answer) -> str:
    """The server's own text; a page of HTML is not quoted."""
    sent = answer.json()
    if isinstance(sent, Mapping):
        said = [str(sent[name]) for name in ("scimType", "detail") if sent.get(name)]
        if said:
            return f"{answer.status} {': '.join(said)}"[:_LONGEST]
    return str(answer.status)


def scim_type(answer: Answer) -> str:
    """``scimType`` of an error; empty if the server sends none."""
    sent = answer.json()
    return str(sent.get("scimType") or "") if isinstance(sent, Mapping) else ""


def is_of_scim(answer: Answer) -> bool:
    """Whether an error is in SCIM's own form (RFC 7644 §3.12), so that no proxy has answered for the server."""
    sent = answer.json()
    return isinstance(sent, Mapping) and any(str(each).lower() == ERROR for each in _several(sent.get("schemas")))


def denial(answer: Answer, what: str, retry: Retry) -> DeliveryError:
    """The error of a login that lacks a right to all objects, not to one."""
    text = f"The server denies access: {what}: {words(answer)}. Give the login the right to it."
    return LoginRefused(text) if retry == NEVER else DeliveryError(text, retry=retry)


def refusal(answer: Answer, what: str) -> ObjectError:
    """The error that an answer means for one object. ``what``: the request, in words."""
    said = f"{what}: {words(answer)}"
    if answer.status in (404, 410):
        return Gone(said)
    if answer.status == 409:
        return Taken(scim_type(answer) or "uniqueness", said)
    if answer.status == 403:
        return Refused("forbidden", said)
    if answer.status == 501:
        return Refused("status_501", f"{said}: the server does not implement this")
    if answer.status in (408, 425) or answer.status >= 500:
        return Unanswered(said)
    return Refused(scim_type(answer) or f"status_{answer.status}", said)


def _several(sent: object) -> list[object]:
    return sent if isinstance(sent, list) else [sent]
