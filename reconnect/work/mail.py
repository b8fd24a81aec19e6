"""Mail to the people who operate REConnect, through the municipality's SMTP server."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage

from graph.retry import SOON
from reconnect.errors import ProgramError
from reconnect.settings.tree import MailSettings

_PATIENCE = 30  # seconds for the server to answer


class MailFailed(ProgramError):
    """The mail could not be sent; the text states why."""

    retry = SOON


def send(settings: MailSettings, subject: str, text: str) -> bool:
    """Send a mail to all of ``mail.to``; False if the settings name no server or no recipient.

    Raises MailFailed. The password is sent over TLS only.
    """
    return send_to(settings, settings.to, subject, text)


def send_to(settings: MailSettings, recipients: Sequence[str], subject: str, text: str) -> bool:
    """The same, to these addresses."""
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
    except (OSError, smtplib.SMTPException) as error:
        raise MailFailed(f"{settings.host}:{settings.port} did not accept the mail: {error}") from error
    if refused:
        raise MailFailed(f"{settings.host} rejected the mail for {', '.join(sorted(refused))}")
    return True


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
