"""Mail to the people who operate REConnect, through the municipality's SMTP server."""

import smtplib
import ssl
from collections.abc import Iterable, Sequence
from email.message import EmailMessage
from uuid import NAMESPACE_URL, uuid5

from structlog.stdlib import get_logger

from graph.retry import NEXT, SOON
from reconnect.errors import ProgramError
from reconnect.settings.tree import MailSettings

_PATIENCE = 30  # seconds for the server to answer
_UNUSABLE = (ValueError, LookupError, AttributeError)  # as the library sees fit: a line break, half an address
_Refused = dict[str, tuple[int, bytes]]
_log = get_logger("reconnect.sending.mail")


class MailFailed(ProgramError):
    """The mail could not be sent; the text states why."""

    retry = SOON


class MailPostponed(MailFailed):
    """The server answers, but takes the mail for none of the recipients now: a full mailbox, greylisting."""

    retry = SOON


class MailRejected(MailFailed):
    """The mail itself, or all recipients, are refused for good, or no address can be used: the same mail is not worth
    another try."""

    retry = NEXT


def send(settings: MailSettings, subject: str, text: str) -> bool:
    """Send a mail to all of ``mail.to``; False if the settings name no server or no recipient.

    Raises MailFailed. The password is sent over TLS only.
    """
    return send_to(settings, settings.to, subject, text)


def send_to(settings: MailSettings, recipients: Sequence[str], subject: str, text: str, key: str | None = None) -> bool:
    """The same, to these addresses. A mail that the server has taken for some of them counts as sent.

    ``key``: the same for each try of the same mail. It gives the mail its Message-ID, by which a mail server or program
    sees that it has it already. RFC 5322 §3.6.4

    Raises MailRejected or MailPostponed where it takes it for none; MailFailed where nothing can be sent to anybody.
    """
    if settings.host is None or not recipients:
        return False
    usable = [each for each in recipients if _is_usable(each)]
    if not usable:
        raise MailRejected("the addresses of the mail can't be used")
    message = EmailMessage()
    try:
        message["Subject"] = subject
        message["From"] = settings.sender
        message["To"] = ", ".join(usable)
        if key is not None:
            domain = message["From"].addresses[0].domain or "reconnect.invalid"
            message["Message-ID"] = f"<{uuid5(NAMESPACE_URL, key)}@{domain}>"
        message.set_content(text)
    except _UNUSABLE as wrong:
        raise MailRejected(f"the subject, the sender or the text of the mail can't be used: {wrong}") from wrong
    try:
        with _connected(settings, settings.host) as server:
            if settings.user is not None and settings.password is not None:
                if settings.security == "none":
                    raise MailFailed("mail.security is none, and a password is sent over TLS only")
                server.login(settings.user, settings.password.get_secret_value())
            refused, left = _sent(server, message, usable)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        kind = MailRejected if all(map(_is_final, codes)) else MailPostponed
        raise kind(f"{settings.host}:{settings.port} refused every recipient: {_in_words(codes)}") from error
    except smtplib.SMTPDataError as error:
        kind = MailRejected if _is_final(error.smtp_code) else MailPostponed
        raise kind(f"{settings.host}:{settings.port} refused the mail: {error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(f"{settings.host}:{settings.port} did not accept the mail: {error}") from error
    left += len(recipients) - len(usable)
    if refused or left:
        codes = [code for code, _ in refused.values()]
        _log.warning(
            "mail refused for some recipients", refused=len(refused) + left, of=len(recipients), code=_in_words(codes)
        )
    return True


def _is_usable(address: str) -> bool:
    """One address and nothing else: what a source calls an address may be several, of which others would get it."""
    read = EmailMessage()
    try:
        read["To"] = address
    except _UNUSABLE:
        return False
    found = read["To"].addresses
    if len(found) != 1:
        return False
    return address.strip() in (found[0].addr_spec, f"<{found[0].addr_spec}>", str(found[0]))


def _sent(server: smtplib.SMTP, message: EmailMessage, recipients: Sequence[str]) -> tuple[_Refused, int]:
    """(whom the server refused, how many were left out since it knows ASCII addresses only). Raises SMTPException,
    MailRejected."""
    try:
        return server.send_message(message), 0
    except smtplib.SMTPNotSupportedError as error:
        known = [each for each in recipients if each.isascii()]
        if len(known) == len(recipients):
            raise  # it is the sender's address
        if not known:
            raise MailRejected("the mail server takes no addresses with letters beyond ASCII (SMTPUTF8)") from error
        message.replace_header("To", ", ".join(known))
        return server.send_message(message), len(recipients) - len(known)


def _is_final(code: int) -> bool:
    """A permanent negative reply (RFC 5321 §4.2.1)."""
    return code >= 500


def _in_words(codes: Iterable[int]) -> str:
    return ", ".join(str(each) for each in sorted(set(codes)))


def _connected(settings: MailSettings, host: str) -> smtplib.SMTP:
    if settings.security == "none":
        return smtplib.SMTP(host, settings.port, timeout=_PATIENCE)
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise MailFailed(
            f"mail.ca_file: {settings.ca_file} can't be read as certificates in PEM: {error.strerror or error}"
        ) from error
    if settings.security == "tls":
        return smtplib.SMTP_SSL(host, settings.port, timeout=_PATIENCE, context=context)
    server = smtplib.SMTP(host, settings.port, timeout=_PATIENCE)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server
