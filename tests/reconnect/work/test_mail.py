"""What a mail server refuses: for good or for now, for all recipients or for some."""

import smtplib
from contextlib import nullcontext
from typing import Any

import pytest

from reconnect.settings.tree import MailSettings
from reconnect.work import mail
from reconnect.work.mail import MailFailed, MailRejected, send_to

SETTINGS = MailSettings(host="mail.klit.example", sender="reconnect@klit.example")
TO = ("a@klit.example", "b@klit.example")


class Refusing:
    """Refuses these recipients, with a code each."""

    def __init__(self, codes: dict[str, int], data: int | None = None) -> None:
        self.refused = {each: (code, b"no " + each.encode()) for each, code in codes.items()}
        self.data = data

    def send_message(self, message: Any) -> dict[str, tuple[int, bytes]]:
        if len(self.refused) == len(TO):
            raise smtplib.SMTPRecipientsRefused(self.refused)
        if self.data is not None:
            raise smtplib.SMTPDataError(self.data, b"spam")
        return self.refused


@pytest.mark.parametrize(
    ("codes", "data", "raised"),
    [
        ({}, None, None),
        ({TO[0]: 550}, None, None),
        ({TO[0]: 451}, None, None),
        ({TO[0]: 550, TO[1]: 551}, None, MailRejected),
        ({TO[0]: 550, TO[1]: 451}, None, MailFailed),
        ({}, 554, MailRejected),
        ({}, 451, MailFailed),
    ],
)
def test_only_what_no_other_try_sends_is_rejected(
    monkeypatch: pytest.MonkeyPatch, codes: dict[str, int], data: int | None, raised: type[MailFailed] | None
) -> None:
    monkeypatch.setattr(mail, "_connected", lambda *_: nullcontext(Refusing(codes, data)))
    if raised is None:
        assert send_to(SETTINGS, TO, "Subject", "Text")
        return
    with pytest.raises(MailFailed) as failed:
        send_to(SETTINGS, TO, "Subject", "Text")
    assert type(failed.value) is raised
    assert "klit.example" not in str(failed.value).replace("mail.klit.example", "")
