"""Codes with which people choose a password, and how they reach their owner: by mail, by SMS, or on paper.

A mail or an SMS goes to the private address or telephone that the sources know of the person (payroll, AD), never to
one that comes with the request, or that somebody has set by hand: who asks for a code must not say where it goes. Nor
must those who join persons, or decide whose a record is: of a person put together by hand, a code goes only where all
parts have the same address. The work mailbox is left out, since people read it with the login that they do not have
yet. Owners are told of every new password, passkey and reset, at each address that a part has.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import zip_longest
from typing import Literal, Protocol

import neo4j
import structlog

from graph.questions.of_sources import agreed, values_of_sources
from graph.retry import NEVER, SOON, Retry
from graph.statements.statement import Value
from graph.time import COPENHAGEN
from idp import audit
from idp.local_account import LocalAccount, account_by_login
from idp.local_accounts import attempts, credentials
from idp.local_accounts.authenticating import FORGOTTEN_LIFE, INVITATION_LIFE, LocalLogins

Way = Literal["mail", "sms", "paper"]
Change = Literal["app", "passkey", "password", "reset"]
_CHANGES: dict[Change, str] = {
    "app": "fået en app som ekstra beskyttelse",
    "passkey": "fået en ny adgangsnøgle",
    "password": "fået en ny adgangskode",
    "reset": "fået sin adgangskode nulstillet",
}
_log = structlog.get_logger("idp.handing_over")
_NUMBER = re.compile(r"(?:(?:\+|00)?45)?([2-9]\d{7})", re.ASCII)


class NotHandedOver(Exception):
    """A code could not be handed over. ``rule``: for code; the text quotes no address."""

    def __init__(self, rule: str, text: str, retry: Retry = NEVER) -> None:
        super().__init__(text)
        self.rule = rule
        self.retry = retry


class NotSent(NotHandedOver):
    """The mail server or the SMS gateway did not take the message."""

    def __init__(self, text: str) -> None:
        super().__init__("not_sent", text, SOON)


class Messages(Protocol):
    """What sends messages; each raises NotSent."""

    def mail(self, address: str, subject: str, text: str) -> None: ...

    def sms(self, number: str, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a person can be reached in private. ``number``: as +45 and eight digits."""

    email: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """``code`` and ``sheet`` (a text to print) for paper only."""

    account: LocalAccount
    way: Way
    until: datetime
    code: str | None = None
    sheet: str | None = None


class HandingOver:
    """Invites people, and resets their login. ``name`` and ``address``: of the login pages. ``self_service``: whether
    people may ask for a code themselves."""

    def __init__(
        self,
        driver: neo4j.Driver,
        logins: LocalLogins,
        messages: Messages,
        name: str,
        address: str,
        *,
        self_service: bool = True,
    ) -> None:
        self._driver = driver
        self._logins = logins
        self._messages = messages
        self._name = name
        self._address = address
        self.self_service = self_service

    def over(self, driver: neo4j.Driver, messages: Messages) -> "HandingOver":
        """The same in another transaction, such as a rehearsal, which sends nothing."""
        logins = self._logins.over(driver)
        return HandingOver(driver, logins, messages, self._name, self._address, self_service=self.self_service)

    @property
    def system(self) -> str:
        """The key of the IT system whose accounts log in here."""
        return self._logins.system

    def invite(self, account: LocalAccount, way: Way, now: datetime, *, by: str) -> HandedOver:
        """A new code; an earlier one ends. Raises NotHandedOver: ``not_open`` for an account that is over or stopped,
        ``no_contact`` where no source knows a private address, ``has_login``, NotSent.

        Whoever holds a code chooses the password. So a code on paper is for an account that has none yet: otherwise the
        one who invites could take the account over, which only a reset may, and that is told.
        """
        _require_coming(account)
        if way == "paper" and self._has_login(account):
            text = (
                f"The owner of {account.login} has a login already. Send the code by mail or SMS, or reset the login."
            )
            raise NotHandedOver("has_login", text)
        return self._handed(account, way, self._reachable(account, way, now), now, by, is_reset=False)

    def reset(self, account: LocalAccount, way: Way, now: datetime, *, by: str) -> HandedOver:
        """Take password, passkeys and second factor away, end every session, and invite anew. Raises as ``invite``,
        before anything is taken away; on paper, that of a closed account is reset too, and its code opens nothing."""
        if way != "paper":
            _require_coming(account)
        handed = self._handed(account, way, self._reachable(account, way, now), now, by, is_reset=True)
        if way == "paper":
            try:
                self.tell(account, "reset", now)
            except NotSent as failed:  # the code is there all the same
                _log.warning("owner_not_told", problem=str(failed))
        return handed

    def unlock(self, account: LocalAccount, now: datetime, *, by: str) -> bool:
        """End every lock. False if there was none."""

        def written(tx: neo4j.ManagedTransaction) -> bool:
            ended = attempts.unlock(tx, account.uuid)
            if ended:
                audit.note(tx, "unlocked", now, account=account.uuid, by=by)
            return ended

        with self._driver.session() as session:
            return session.execute_write(written)

    def forgotten(self, login: str, now: datetime, address: str | None) -> None:
        """Whoever it is says that a password is forgotten: a code goes to the owner of the account, if there is one who
        can be reached. The caller learns nothing, and doesn't wait for it. A second one within a quarter of an hour
        is not sent: the first is good that long. Nor is a sixth within a day.

        Raises NotSent, for the log.
        """
        if not self.self_service:
            return
        with self._driver.session() as session:
            account = session.execute_read(account_by_login, self._logins.system, login, _day(now))
            if account is None or not account.is_open:
                return
            contact = session.execute_read(contact_of, account.person, _day(now))
        if contact.email is None and contact.number is None:
            return
        code = self._logins.forgotten(account, now, address)
        if code is None:
            return
        text = (
            f"Du, eller en anden, har bedt om at vælge en ny adgangskode til {account.login} hos {self._name}. "
            f"Gå til {self._address}/login/invitation og skriv koden {code} inden "
            f"{(now + FORGOTTEN_LIFE).astimezone(COPENHAGEN):%H:%M}. Har du ikke bedt om det, så gør ingenting."
        )
        self._send(contact, "mail" if contact.email is not None else "sms", "Ny adgangskode", text)

    def tell(self, account: LocalAccount, what: Change, now: datetime) -> None:
        """Tell the owner what has happened to the account, by mail to the private address, or by SMS, if a source knows
        one. Raises NotSent."""
        with self._driver.session() as session:
            contacts = session.execute_read(contacts_of, account.person, _day(now))
        text = (
            f"Din konto {account.login} hos {self._name} har {_CHANGES[what]}. Var det ikke dig, så kontakt "
            "it-afdelingen med det samme."
        )
        failed = None
        for contact in contacts:  # all, also where one of them takes no message
            try:
                self._send(contact, "mail" if contact.email is not None else "sms", "Din adgang er ændret", text)
            except NotSent as not_sent:
                failed = not_sent
        if failed is not None:
            raise failed

    def _has_login(self, account: LocalAccount) -> bool:
        with self._driver.session() as session:
            kept = session.execute_read(credentials.credential_of, account.uuid)
        return kept is not None and (kept.password is not None or kept.has_second_factor)

    def _reachable(self, account: LocalAccount, way: Way, now: datetime) -> Contact:
        if way == "paper":
            return Contact(None, None)
        with self._driver.session() as session:
            contact = session.execute_read(contact_of, account.person, _day(now))
        if (contact.email if way == "mail" else contact.number) is None:
            what = "private mail address" if way == "mail" else "private Danish telephone number"
            text = (
                f"No source knows a {what} of the account's owner, or persons with different ones were joined: hand "
                "the code over."
            )
            raise NotHandedOver("no_contact", text)
        return contact

    def _handed(
        self, account: LocalAccount, way: Way, contact: Contact, now: datetime, by: str, *, is_reset: bool
    ) -> HandedOver:
        make = self._logins.reset if is_reset else self._logins.invite
        code, until = make(account, now, by=by), now + INVITATION_LIFE
        last = f"{until.astimezone(COPENHAGEN):%d.%m.%Y}"
        if way == "paper":
            sheet = (
                f"{self._name}\n\nDin adgang til {account.login}\n\n1. Gå til {self._address}/login/invitation\n"
                f"2. Skriv brugernavnet {account.login} og koden {code}\n3. Vælg en adgangskode, eller opret en "
                f"adgangsnøgle\n\nKoden gælder til og med {last} og kan bruges én gang. Vis den ikke til andre.\n"
            )
            return HandedOver(account, way, until, code, sheet)
        text = (
            f"Du har fået adgang til {self._name} med brugernavnet {account.login}. Gå til "
            f"{self._address}/login/invitation og skriv koden {code}. Den gælder til og med {last}."
        )
        self._send(contact, way, f"Din adgang til {self._name}", text)
        return HandedOver(account, way, until)

    def _send(self, contact: Contact, way: Way, subject: str, text: str) -> None:
        if way == "mail":
            self._messages.mail(contact.email or "", subject, text)
        else:
            self._messages.sms(contact.number or "", text)


def contact_of(tx: neo4j.ManagedTransaction, person: str, day: date) -> Contact:
    """Where a person can be reached in private on a day, as all sources agree."""
    email, phone = (agreed(values_of_sources(tx, person, name, day)) for name in ("private_email", "private_phone"))
    return _contact(email, phone)


def contacts_of(tx: neo4j.ManagedTransaction, person: str, day: date) -> list[Contact]:
    """Every way to reach a person in private on a day, also where persons were joined by hand; each once."""
    emails, phones = (values_of_sources(tx, person, name, day) for name in ("private_email", "private_phone"))
    found = (_contact(email, phone) for email, phone in zip_longest(emails, phones))
    return list(dict.fromkeys(each for each in found if each.email is not None or each.number is not None))


def _contact(email: Value | None, phone: Value | None) -> Contact:
    address = str(email or "").strip()
    return Contact(address if _is_one_address(address) else None, number_of(str(phone or "")))


def number_of(phone: str) -> str | None:
    """A Danish telephone number as +45 and eight digits; None if it is not one number."""
    found = _NUMBER.fullmatch("".join(each for each in phone if each not in " -()."))
    return None if found is None else f"+45{found[1]}"


def _is_one_address(text: str) -> bool:
    local, at, host = text.rpartition("@")
    wrong = any(each.isspace() or not each.isprintable() or each in ',;<>"' for each in text)
    return bool(local and at and "." in host.strip(".")) and not wrong and "@" not in local


def _require_coming(account: LocalAccount) -> None:
    if account.state in ("ended", "stopped"):
        what = "is over" if account.state == "ended" else "is closed: its owner is stopped"
        raise NotHandedOver("not_open", f"The account {account.login} {what}. A code would not be accepted.")


def _day(now: datetime) -> date:
    return now.astimezone(COPENHAGEN).date()
