"""Mail to the people who operate REConnect, through the municipality's SMTP server."""

import smtplib
import ssl
from collections.abc import Iterable, Sequence
from email.message import EmailMessage

from structlog.stdlib import get_logger

from graph.retry import NEXT, SOON
from reconnect.errors import ProgramError
from reconnect.settings.tree import MailSettings

_PATIENCE = 30  # seconds for the server to answer
_log = get_logger("reconnect.work.mail")


class MailFailed(ProgramError):
    """The mail could not be sent; the text states why."""

    retry = SOON


class MailRejected(MailFailed):
    """The server refuses all recipients, or the mail itself, for good: the same mail is not worth another try."""

    retry = NEXT


def send(settings: MailSettings, subject: str, text: str) -> bool:
    """Send a mail to all of ``mail.to``; False if the settings name no server or no recipient.

    Raises MailFailed. The password is sent over TLS only.
    """
    return send_to(settings, settings.to, subject, text)


def send_to(settings: MailSettings, recipients: Sequence[str], subject: str, text: str) -> bool:
    """The same, to these addresses. A mail that the server has taken for some of them counts as sent.

    Raises MailRejected where it takes it for none, for good; otherwise MailFailed.
    """
    if settings.host is None or not recipients:
        return False
    message = EmailMessage()
    try:
        message["Subject"] = subject
        message["From"] = settings.sender
        message["To"] = ", ".join(recipients)
    except (ValueError, LookupError, AttributeError) as wrong:  # as the library sees fit: a line break, half an address
        raise MailFailed(f"the subject or an address of the mail can't be used: {wrong}") from wrong
    message.set_content(text)
    try:
        with _connected(settings, settings.host) as server:
            if settings.user is not None and settings.password is not None:
                if settings.security == "none":
                    raise MailFailed("mail.security is none, and a password is sent over TLS only")
                server.login(settings.user, settings.password.get_secret_value())
            refused = server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        kind = MailRejected if all(map(_is_final, codes)) else MailFailed
        raise kind(f"{settings.host}:{settings.port} refused every recipient: {_in_words(codes)}") from error
    except smtplib.SMTPDataError as error:
        kind = MailRejected if _is_final(error.smtp_code) else MailFailed
        raise kind(f"{settings.host}:{settings.port} refused the mail: {error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(f"{settings.host}:{settings.port} did not accept the mail: {error}") from error
    if refused:
        codes = [code for code, _ in refused.values()]
        _log.warning(
            "mail refused for some recipients", refused=len(refused), of=len(recipients), code=_in_words(codes)
        )
    return True


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
