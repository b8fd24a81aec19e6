"""Text messages through an HTTP gateway."""

import logging
from typing import Any

import pytest
from pydantic import ValidationError

from reconnect.sending.sms import LONGEST, SmsFailed, send_sms
from reconnect.settings.tree import SmsSettings
from tests.answering import Lost, Reply, Request, answering

NUMBER, TEXT = "+4512345678", "Adgangskode: {number} hest æøå"


def settings(url: str, **values: Any) -> SmsSettings:
    return SmsSettings.model_validate({"url": url, "own_machine": True, **values})


def test_a_message_in_the_gateways_own_form() -> None:
    body = {"sender": "Klit", "message": "{text}", "recipients": [{"msisdn": "{digits}"}]}
    with answering(lambda request: Reply()) as gateway:
        assert send_sms(settings(f"{gateway.url}/sms", body=body, token="t1"), NUMBER, TEXT)
        assert send_sms(settings(gateway.url, user="u", password="p", form=True), NUMBER, TEXT)
    first, second = gateway.requests
    assert (first.method, first.path, first.headers["authorization"]) == ("POST", "/sms", "Bearer t1")
    assert first.json == {"sender": "Klit", "message": TEXT, "recipients": [{"msisdn": "4512345678"}]}
    assert second.headers["authorization"].startswith("Basic ")
    assert b"to=%2B4512345678&message=Adgangskode" in second.body
    assert not send_sms(SmsSettings(), NUMBER, TEXT)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503, None])
def test_what_is_not_accepted_has_failed_and_is_sent_once(status: int | None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def answer(request: Request) -> Reply:
        if status is None:
            raise Lost
        return Reply(status, request.body, {"Retry-After": "0"})

    with answering(answer) as gateway, pytest.raises(SmsFailed) as failed:
        send_sms(settings(gateway.url), NUMBER, TEXT)
    assert len(gateway.requests) == 1
    shown = f"{failed.value!r}{failed.value.__cause__!r}{caplog.text}"
    assert "12345678" not in shown and "hest" not in shown
    with pytest.raises(SmsFailed, match="at most"):
        send_sms(settings(gateway.url), NUMBER, "x" * (LONGEST + 1))


@pytest.mark.parametrize("body", [{}, {"text": "{text}"}, {"to": "{number}"}, {"to": "{number}", "text": "Hej {text}"}])
def test_a_body_that_would_say_nothing_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="needs a value"):
        SmsSettings.model_validate({"body": body})
    with pytest.raises(ValidationError, match="http://"):
        SmsSettings.model_validate({"url": "http://gateway.example/sms"})
