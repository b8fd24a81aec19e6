"""Text messages to people, through the municipality's HTTP gateway.

A message is sent once: whether one whose answer was lost has arrived is unknown. Neither the number nor the text is
logged, or in an error: the text may be a code or a password.
"""

from collections.abc import Mapping
from typing import Any

from graph.retry import SOON
from protocols.http.client import Certificates, Client, Limits
from protocols.http.errors import HttpError
from protocols.http.logins import Fixed
from reconnect.errors import ProgramError
from reconnect.settings.tree import SmsSettings

LONGEST = 1000
"""Characters of a message: some gateways cut what is longer."""


class SmsFailed(ProgramError):
    """The message could not be sent; the text states why."""

    retry = SOON


def send_sms(settings: SmsSettings, number: str, text: str) -> bool:
    """Send a text message to a number in the form of E.164 (+4512345678); False if the settings name no gateway.

    Raises SmsFailed.
    """
    if settings.url is None:
        return False
    if len(text) > LONGEST:
        raise SmsFailed(f"the message has {len(text)} characters; at most {LONGEST} are sent")
    login = None
    if settings.token is not None:
        login = Fixed.bearer(settings.token.get_secret_value())
    elif settings.user is not None and settings.password is not None:
        login = Fixed.basic(settings.user, settings.password.get_secret_value())
    body = _filled(settings.body, {"{number}": number, "{digits}": number.lstrip("+"), "{text}": text})
    limits = Limits(seconds=settings.seconds, attempts=1, own_machine=settings.own_machine)
    try:
        with Client(settings.url, login, limits, Certificates(settings.ca_file)) as http:
            path = settings.url  # as it is: below a base it would end with a slash
            answer = http.send("POST", path, form=body) if settings.form else http.send("POST", path, body=body)
    except HttpError as failed:
        raise SmsFailed(f"the gateway did not accept the message: {failed}") from None
    if not answer.succeeded:
        raise SmsFailed(f"the gateway did not accept the message: it answers {answer.status}")
    return True


def _filled(given: Any, values: Mapping[str, str]) -> Any:
    if isinstance(given, Mapping):
        return {name: _filled(each, values) for name, each in given.items()}
    if isinstance(given, list | tuple):
        return [_filled(each, values) for each in given]
    # The whole value only: a text that contains a placeholder stays as it is.
    return values.get(given, given) if isinstance(given, str) else given
