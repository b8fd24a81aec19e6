"""First passwords: made by the policy, handed over once, and kept nowhere (active_directory.md pitfall 51)."""

import os
import secrets
import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import neo4j
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from exporters.active_directory.settings import Passwords
from exporters.errors import NotSetUp
from exporters.files.shape import phone
from exporters.objects.errors import Refused
from exporters.objects.target import Wanted
from exporters.one_time_links import OneTimeLinks
from graph.questions.of_sources import agreed, values_of_sources
from graph.time import today

SendMail = Callable[[str, str, str], None]
"""(address, subject, text); raises OSError if the mail is not accepted."""

SendSms = Callable[[str, str], None]
"""(number in the form of E.164, text); raises OSError if the message is not accepted."""

MobileOf = Callable[[str], str]
"""Uuid of a person → the mobile number that a source knows, in the form of E.164; empty if there is none, or people
have set it by hand, or joined persons with other numbers into this one."""

TRIES = 3
"""How many passwords are tried against the domain's policy."""
_LONGER = 8
"""So many more characters has each after the first."""
_READABLE = str.maketrans("", "", "0O1lI")
_SETS = (
    string.ascii_uppercase.translate(_READABLE),
    string.ascii_lowercase.translate(_READABLE),
    string.digits.translate(_READABLE),
)


@dataclass(frozen=True, slots=True)
class Channels:
    """How the program reaches people. None: the settings name no mail server, no gateway, no Redis."""

    mail: SendMail | None = None
    sms: SendSms | None = None
    links: OneTimeLinks | None = None
    mobile_of: MobileOf = lambda person: ""


class FirstPasswords:
    """Raises NotSetUp. ``problem``: why there are none; empty."""

    problem = ""

    def __init__(self, settings: Passwords, channels: Channels) -> None:
        self._settings = settings
        self._channels = channels
        self._certificate: x509.Certificate | None = None
        if settings.delivery in ("mail", "link") and channels.mail is None:
            raise NotSetUp(f"passwords.delivery is {settings.delivery}, but [mail] names no server.")
        if settings.delivery == "sms" and channels.sms is None:
            raise NotSetUp("passwords.delivery is sms, but [sms] names no gateway.")
        if settings.delivery == "link" and channels.links is None:
            raise NotSetUp("passwords.delivery is link, and there is no Redis to keep its texts in.")
        if settings.delivery == "sealed" and settings.certificate_file is not None:
            try:
                self._certificate = x509.load_pem_x509_certificate(settings.certificate_file.read_bytes())
            except (OSError, ValueError) as wrong:
                raise NotSetUp(f"passwords.certificate_file: {settings.certificate_file}: {wrong}") from wrong

    @property
    def on_return(self) -> bool:
        return self._settings.on_return

    @property
    def are_handed_over(self) -> bool:
        return self._settings.delivery != "none"

    @property
    def are_mailed(self) -> bool:
        return self._settings.delivery in ("mail", "link")

    def make(self, longer: int = 0) -> str:
        """A new one, with letters of both cases, digits and a symbol. ``longer``: after the domain has refused one."""
        sets = (*_SETS, self._settings.symbols) if self._settings.symbols else _SETS
        everything = "".join(sets)
        length = self._settings.length + _LONGER * longer
        signs = [secrets.choice(each) for each in sets]
        signs += [secrets.choice(everything) for _ in range(length - len(signs))]
        secrets.SystemRandom().shuffle(signs)
        return "".join(signs)

    def require_recipient(self, wanted: Wanted) -> None:
        """Raises Refused if there is no recipient, before an account is created."""
        if self._settings.delivery in ("mail", "link", "sms") and not self._recipient(wanted):
            what = "mobile number that a source knows" if self._settings.delivery == "sms" else "mail address"
            raise Refused(
                "no_recipient",
                f"No manager has a {what}, so the first password can't be handed over. passwords.recipient is for such "
                "people.",
            )

    def _recipient(self, wanted: Wanted) -> str:
        """Exactly one mail address, or mobile number. Who may set a number by hand must not receive what goes to it."""
        if self._settings.delivery == "sms":
            known = (self._channels.mobile_of(each) for each in wanted.context.get("persons", ()))
            return next((each for each in known if each), None) or phone(self._settings.recipient, "e164") or ""
        return str(wanted.context.get("recipient") or self._settings.recipient)

    def hand_over(self, wanted: Wanted, login: str, password: str) -> None:
        """Raises Refused if it could not be handed over: another password is made when it is tried again."""
        name = " ".join(str(wanted.context.get("name") or login).split())  # it stands in the mail's subject
        text = _TEXT.format(name=name, login=login, password=password)
        try:
            channels, delivery = self._channels, self._settings.delivery
            if delivery == "mail" and channels.mail is not None:
                channels.mail(self._recipient(wanted), f"Adgang til {name}", text)
            elif delivery == "sms" and channels.sms is not None:
                short = _SHORT.format(name=name, login=login, password=password)
                channels.sms(self._recipient(wanted), short)
            elif delivery == "link" and channels.links is not None and channels.mail is not None:
                link = channels.links.make(str(self._settings.link_address), text, self._settings.link_hours)
                told = _LINK.format(name=name, link=link, hours=f"{self._settings.link_hours:g}")
                channels.mail(self._recipient(wanted), f"Adgang til {name}", told)
            elif self._certificate is not None and self._settings.folder is not None:
                self._seal(self._certificate, self._settings.folder, wanted.key, text)
        except OSError as failed:
            raise Refused(
                "password_not_delivered",
                f"The first password could not be handed over ({type(failed).__name__}). Another is made with the next "
                "try.",
            ) from None

    def _seal(self, certificate: x509.Certificate, folder: Path, key: str, text: str) -> None:
        sealed = (
            pkcs7.PKCS7EnvelopeBuilder()
            .set_data(text.encode())
            .add_recipient(certificate)
            .encrypt(serialization.Encoding.PEM, [pkcs7.PKCS7Options.Binary])
        )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{key}.p7m"
        part = made.with_suffix(".part")
        opened = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(opened, "wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        part.replace(made)


class NoPasswords(FirstPasswords):
    """In place of passwords that the settings don't make: what needs one waits, and everything else is done, above all
    closings."""

    def __init__(self, settings: Passwords, problem: str) -> None:
        self._settings = settings
        self.problem = problem

    def require_recipient(self, wanted: Wanted) -> None:
        raise Refused("not_set_up", self.problem)


_TEXT = """Adgang til {name}

Brugernavn: {login}
Adgangskode: {password}

Adgangskoden skal skiftes ved første login. Giv den til {name} personligt, og slet denne besked.
"""


_SHORT = "Adgang til {name}. Brugernavn: {login} Adgangskode: {password} Skal skiftes ved første login. Slet beskeden."
_LINK = """Adgang til {name}

Brugernavn og adgangskode står her:
{link}

Linket kan åbnes én gang, inden {hours} timer. Åbn det, når du er sammen med {name}, og giv oplysningerne personligt.
"""


def mobiles_of_sources(driver: Callable[[], neo4j.Driver]) -> MobileOf:
    """Looks in the graph, each time that a number is needed."""

    def mobile_of(person: str) -> str:
        with driver().session(default_access_mode=neo4j.READ_ACCESS) as session:
            known = values_of_sources(session, person, "mobile", today())
        return str(agreed(phone(str(each or ""), "e164") for each in known) or "")

    return mobile_of


def longest_of(length: int) -> int:
    """How many characters the last one has that is tried, if the first has ``length``."""
    return length + _LONGER * (TRIES - 1)


def as_bytes(password: str) -> bytes:
    """The form of unicodePwd."""
    return f'"{password}"'.encode("utf-16-le")


def context(managers: Sequence[str], persons: Sequence[str], name: str) -> Mapping[str, Any]:
    """What ``hand_over`` needs of a wanted user. ``managers``: keys of their accounts, the nearest first, at which the
    channel looks for ``recipient``; ``persons``: the same managers, as far as they may be sent text messages."""
    return {"managers": tuple(managers), "persons": tuple(persons), "name": name}
