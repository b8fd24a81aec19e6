"""Requests to FK-adm over TLS with our certificate, and what its refusals mean (kombit_access.md §1.2)."""

from typing import Any

from exporters.errors import DeliveryError, ExportError, LoginRefused
from exporters.fk_adm.settings import FkAdmSettings
from exporters.objects.errors import Gone, Refused, Unanswered
from protocols.fk_adm import NotJson, content, words
from protocols.http.client import Answer
from protocols.http.errors import AnswerLost, HttpError, NotReached
from protocols.http.pauses import Sleep

_JSON = {"Content-Type": "application/json"}


class Connection:
    """Use as a context manager. Raises DeliveryError for FK-adm as a whole, ObjectError for one role."""

    def __init__(self, settings: FkAdmSettings, sleep: Sleep) -> None:
        try:
            self._http = settings.client(sleep)
        except HttpError as wrong:
            raise DeliveryError(f"FK-adm: {wrong}", retry=wrong.retry) from wrong

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.__exit__()

    def get(self, path: str) -> Any:
        """The JSON of an answer; None: an empty body."""
        return _content(self._sent("GET", path))

    def write(self, method: str, path: str, body: Any = None) -> Any:
        """As ``get``, of a change, which is sent once."""
        return _content(self._sent(method, path, body))

    def _sent(self, method: str, path: str, body: Any = None) -> Answer:
        try:
            answer = self._http.send(method, path, body=body, headers={} if body is None else _JSON)
        except HttpError as wrong:
            if isinstance(wrong, AnswerLost | NotReached) and wrong.retry.when != "never":
                raise Unanswered(f"FK-adm: {wrong}") from wrong
            raise DeliveryError(f"FK-adm: {wrong}", retry=wrong.retry) from wrong
        if not answer.succeeded:
            raise refusal(answer, f"{method} {path}")
        return answer


def refusal(answer: Answer, what: str) -> ExportError:
    """The error that an answer means, for one role or for FK-adm as a whole."""
    text = f"FK-adm answers {what} with {answer.status}{words(answer)}"
    if answer.status in (401, 403):
        return LoginRefused(f"{text}. Check certificate and private_key, and the agreement at KOMBIT.")
    if answer.status == 404:
        return Gone(text)
    if answer.status in (408, 425) or answer.status >= 500:
        return Unanswered(text)
    if answer.status == 406:
        return Refused("rule_of_kombit", f"{text}. It breaks a rule of KOMBIT's or of the system's vendor.")
    return Refused(f"status_{answer.status}", text)


def _content(answer: Answer) -> Any:
    try:
        return content(answer)
    except NotJson as wrong:
        raise Refused("not_json", f"FK-adm's answer is not JSON{words(answer)}") from wrong
