"""Persons. SD sends their data of one day, without history: a change is in force from the day of the reading."""

from dataclasses import dataclass
from datetime import date

from graph.cpr.keyring import number_in
from graph.statements.statement import Problem, Statement
from importers.gaps import EVER
from importers.sd.answers import NO_ADDRESS, PersonAnswer
from importers.sd.settings import SdSettings
from importers.sd.timelines import from_today, values
from importers.source import Mapped

WRONG_CPR = "SD's CPR number of the person is not valid; it identifies the person in SD only"
NAMES = ("given_name", "surname", "name")
ADDRESS = ("address_protected", "street", "postal_code", "city")
PRIVATE = ("street", "postal_code", "city", "private_phone", "private_email")


def is_fictive(cpr: str) -> bool:
    """CPR numbers that end in 0000 are posts and tests, not people."""
    return cpr.endswith("0000")


def is_protected(answer: PersonAnswer) -> bool:
    """SD has no flag for address protection; it writes stars for the street, or the postal code 0000."""
    return "*" in answer.address.street or answer.address.postal_code == "0000"


def refusal(answer: PersonAnswer, key: str) -> Problem | None:
    """Why the person is rejected; None if it is not."""
    if answer.cpr:
        return None
    return Problem("Person", key, "cpr", "no_cpr", "SD sends a person without a CPR number")


def lacks_names(answer: PersonAnswer) -> bool:
    """A person has names, so an answer without any says nothing about them."""
    return not answer.given_name and not answer.surname


@dataclass(frozen=True, slots=True)
class OfPerson:
    """What an institution's answer about a person does not contain.

    ``key``: keyed hash of the CPR number that SD sends, or of SD's own identifier if the number is invalid.
    ``protected``: any institution says that the address is. ``is_partial``: an institution that may have other names
    and protection did not answer.
    """

    key: str
    protected: bool
    is_partial: bool = False


def person(answer: PersonAnswer, of: OfPerson, settings: SdSettings, day: date, previous: Statement | None) -> Mapped:
    """If names or address are missing, or an institution did not answer, the known ones stay. A protection counts
    whichever institution tells of it; the order of institutions decides names only (pitfalls 53, 55)."""
    cpr, key, protected = number_in(answer.cpr), of.key, of.protected
    now: dict[str, str | bool | None] = {
        "given_name": answer.given_name or None,
        "surname": answer.surname or None,
        "name": " ".join(filter(None, (answer.given_name, answer.surname))) or None,
        "address_protected": True if protected else None,
    }
    held = {name: from_today(previous, name, value, day) for name, value in now.items()}
    if settings.private_contact:
        private = _private(answer, settings, protected)
        held |= {name: from_today(previous, name, private.get(name), day) for name in PRIVATE}
    if protected:
        # Also removes what was known before: a protected address must not be found in the past either.
        held |= dict.fromkeys(("street", "postal_code", "city"), ())
    gaps: list[str] = []
    if previous is not None and lacks_names(answer):
        gaps += [name for name in NAMES if name in previous.values]
    if previous is not None and answer.address == NO_ADDRESS:
        names = ADDRESS if settings.private_contact else ADDRESS[:1]
        gaps += [name for name in names if name in previous.values]
    problems = [_missing_part(key, name) for name in gaps if name in ("name", "address_protected", "street")]
    if previous is not None and of.is_partial:
        unsure = {*NAMES, *PRIVATE} - set(ADDRESS) if protected else {*NAMES, *ADDRESS, *PRIVATE}
        gaps += sorted(unsure - {*gaps})
    if not cpr:
        problems.append(Problem("Person", key, "cpr", "wrong_cpr", WRONG_CPR, "notice"))
    stated = Statement("Person", key, values=values(held), cpr=cpr)
    return Mapped(stated, tuple(problems), dict.fromkeys(gaps, EVER))


def _missing_part(key: str, name: str) -> Problem:
    text = "SD no longer sends it, not even as empty; what is known stays"
    return Problem("Person", key, name, "missing_part", text, "notice")


def _private(answer: PersonAnswer, settings: SdSettings, protected: bool) -> dict[str, str]:
    phone, mail = answer.contact.phones[0], answer.contact.mails[0]
    found = {
        "private_phone": "" if phone in settings.placeholder_phones else phone,
        "private_email": "" if mail in settings.placeholder_mails else mail,
    }
    if not protected and all(answer.address):
        found |= {
            "street": answer.address.street, "postal_code": answer.address.postal_code, "city": answer.address.town,
        }  # fmt: skip
    return {name: text for name, text in found.items() if text}
