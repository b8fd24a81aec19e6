"""What a SCIM server's refusal means for the object or for the whole target (scim.md §1 "Errors").

Judged by status and JSON body, never by the content type: servers label both wrongly.
"""

from collections.abc import Mapping

from exporters.errors import DeliveryError
from exporters.objects.errors import Gone, ObjectError, Refused, Taken, Unanswered
from graph.retry import NEVER
from protocols.http.client import Answer

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


def refusal(answer: Answer, what: str, *, others_pass: bool) -> ObjectError | DeliveryError:
    """The error that an answer means. ``what``: the request, in words; ``others_pass``: whether the server has accepted
    another object in this run, so that a 403 is about this one."""
    said = f"{what}: {words(answer)}"
    if answer.status in (404, 410):
        return Gone(said)
    if answer.status == 409:
        return Taken(scim_type(answer) or "uniqueness", said)
    if answer.status == 403:
        if others_pass:
            return Refused("forbidden", said)
        return DeliveryError(f"The server denies access: {said}. Give the login the right to it.", retry=NEVER)
    if answer.status == 501:
        return Refused("status_501", f"{said}: the server does not implement this")
    if answer.status in (408, 425) or answer.status >= 500:
        return Unanswered(said)
    return Refused(scim_type(answer) or f"status_{answer.status}", said)
