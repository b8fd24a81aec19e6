"""Messages to people about their login: by the municipality's mail server, and by its gateway for text messages."""

from idp.local_accounts.handing_over import NotSent
from reconnect.sending.mail import MailFailed, send_to
from reconnect.sending.sms import SmsFailed, send_sms
from reconnect.settings.tree import MailSettings, SmsSettings


class PersonalMessages:
    """``mail`` and ``sms`` each raise NotSent; its text holds no address, number or code."""

    def __init__(self, mail: MailSettings, sms: SmsSettings) -> None:
        self._mail = mail
        self._sms = sms

    def mail(self, address: str, subject: str, text: str) -> None:
        """To one person."""
        try:
            sent = send_to(self._mail, [address], subject, text)
        except MailFailed as failed:
            raise NotSent("The mail server did not take the mail.") from failed
        if not sent:
            raise NotSent("There is no mail server: set mail.host, or hand the code over on paper.")

    def sms(self, number: str, text: str) -> None:
        """To one person, once."""
        try:
            sent = send_sms(self._sms, number, text)
        except SmsFailed as failed:
            raise NotSent("The SMS gateway did not take the message.") from failed
        if not sent:
            raise NotSent("There is no SMS gateway: set sms.url, or hand the code over on paper.")
