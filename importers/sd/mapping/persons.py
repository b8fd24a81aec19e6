"""Persons. SD tells their data of one day, without history: what changes holds from the day of the reading."""

from datetime import date

from graph.cpr import number_in
from graph.facts import Problem, Statement
from importers.sd.answers import PersonTold
from importers.sd.mapping.timelines import from_today, values
from importers.sd.settings import SdSettings
from importers.source import Mapped

WRONG_CPR = "SD's CPR number of the person is not a valid one; the person is known by it in SD only"
PRIVATE = ("street", "postal_code", "city", "private_phone", "private_email")


def is_fictive(cpr: str) -> bool:
    """CPR numbers that end in 0000 are posts and tests, not people."""
    return cpr.endswith("0000")


def is_protected(told: PersonTold) -> bool:
    """SD has no flag for address protection; it writes stars for the street, or the postal code 0000."""
    return "*" in told.address.street or told.address.postal_code == "0000"


def person(told: PersonTold, key: str, settings: SdSettings, day: date, previous: Statement | None) -> Mapped:
    """``key``: keyed hash of what SD has for a CPR number, which is SD's own identifier where it is not valid."""
    cpr = number_in(told.cpr)
    protected = is_protected(told)
    now: dict[str, str | bool | None] = {
        "given_name": told.given_name or None,
        "surname": told.surname or None,
        "name": " ".join(filter(None, (told.given_name, told.surname))) or None,
        "address_protected": True if protected else None,
    }
    held = {name: from_today(previous, name, value, day) for name, value in now.items()}
    if settings.private_contact:
        private = _private(told, settings, protected)
        held |= {name: from_today(previous, name, private.get(name), day) for name in PRIVATE}
    if protected:
        # Nor what was known before: an address that is protected now must not be found in the past either.
        held |= dict.fromkeys(("street", "postal_code", "city"), ())
    problems = () if cpr else (Problem("Person", key, "cpr", "wrong_cpr", WRONG_CPR, "notice"),)
    return Mapped(Statement("Person", key, values=values(held), cpr=cpr), problems)


def _private(told: PersonTold, settings: SdSettings, protected: bool) -> dict[str, str]:
    phone, mail = told.contact.phones[0], told.contact.mails[0]
    found = {
        "private_phone": "" if phone in settings.phones_that_are_none else phone,
        "private_email": "" if mail in settings.mails_that_are_none else mail,
    }
    if not protected and all(told.address):
        found |= {
            "street": told.address.street, "postal_code": told.address.postal_code, "city": told.address.town,
        }  # fmt: skip
    return {name: text for name, text in found.items() if text}
