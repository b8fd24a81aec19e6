"""What a mail server refuses: for good or for now, for all recipients or for some."""

import smtplib
from contextlib import nullcontext
from typing import Any

import pytest

from reconnect.sending import mail
from reconnect.sending.mail import MailFailed, MailPostponed, MailRejected, send_to
from reconnect.settings.tree import MailSettings

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
        ({TO[0]: 550, TO[1]: 451}, None, MailPostponed),
        ({}, 554, MailRejected),
        ({}, 451, MailPostponed),
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


class AsciiOnly:
    """A server without SMTPUTF8, such as Exchange: smtplib sends nothing with other letters in an address."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def send_message(self, message: Any) -> dict[str, tuple[int, bytes]]:
        to = message["To"].addresses
        if not all(each.addr_spec.isascii() for each in (*to, *message["From"].addresses)):
            raise smtplib.SMTPNotSupportedError("SMTPUTF8")
        self.taken += [each.addr_spec for each in to]
        return {}


@pytest.mark.parametrize("odd", [
    "søren@klit.example", "lis@", "", "x\n@klit.example", "x@klit.example\r\nBcc: spy@example.org",
    "x@klit.example, spy@example.org", "x@klit.example; spy@example.org", "all: x@klit.example, spy@example.org;",
    "x@@klit.example",
])  # fmt: skip
def test_an_address_that_no_mail_can_go_to_is_its_own_problem(monkeypatch: pytest.MonkeyPatch, odd: str) -> None:
    """It is not tried again, and others get the mail."""
    server = AsciiOnly()
    monkeypatch.setattr(mail, "_connected", lambda *_: nullcontext(server))
    with pytest.raises(MailRejected):
        send_to(SETTINGS, (odd,), "Subject", "Text")
    assert send_to(SETTINGS, (TO[0], odd), "Subject", "Text")
    assert server.taken == [TO[0]]


def test_a_sender_that_the_server_can_not_take_is_nobody_elses_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "_connected", lambda *_: nullcontext(AsciiOnly()))
    with pytest.raises(MailFailed) as failed:
        send_to(SETTINGS.model_copy(update={"sender": "løn@klit.example"}), TO, "Subject", "Text")
    assert type(failed.value) is MailFailed


class Keeping:
    """Takes every mail."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def send_message(self, message: Any) -> dict[str, tuple[int, bytes]]:
        self.taken.append(message)
        return {}


def test_each_try_of_a_mail_has_the_same_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """So a server that has taken it before it vanished knows it again."""
    server = Keeping()
    monkeypatch.setattr(mail, "_connected", lambda *_: nullcontext(server))
    for key in ("one", "one", "two", None):
        assert send_to(SETTINGS, TO, "Subject", "Text", key)
    first, again, other, without = (each["Message-ID"] for each in server.taken)
    assert first == again != other and without is None
    assert first.endswith("@klit.example>")
