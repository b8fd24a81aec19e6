"""Makes users and groups from the image (scim.md §2). Pure: the same image gives the same objects."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from exporters.files.shape import phone
from exporters.objects.target import Objects, Ref, Wanted
from exporters.scim.groups import groups
from exporters.scim.image import Organisation, Person, Tie
from exporters.scim.paths import MANAGER, enterprise
from exporters.scim.places import Places, places
from exporters.scim.settings import Image, ScimSettings
from exporters.settings_match import matching_nothing
from exporters.target import Notice, Parked
from graph.cpr.keyring import numbers_in

IDENTIFYING = frozenset(
    {"userName", "name.givenName", "name.familyName", "name.formatted", "displayName", "emails", "phoneNumbers"}
)


@dataclass
class _Made:
    """The parts of users, and the notices about them."""

    settings: ScimSettings
    organisation: Organisation
    where: Places
    parked: list[Parked] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def shaped(organisation: Organisation, settings: ScimSettings, at: date) -> Objects:
    """The users and groups of the organisation on the day ``at``."""
    made = _Made(settings, organisation, places(organisation.units, settings.image))
    units, image = organisation.units, settings.image
    named = {*units, *(each.number for each in units.values())}
    here: dict[str, tuple[Iterable[str], Collection[str]]] = {
        "image.roots": (image.roots, named),
        "image.excluded_units": (image.excluded_units, named),
    }
    if "role" in image.groups:
        here["image.roles"] = (image.roles, {each.key for each in organisation.holders})
    made.notices += matching_nothing(here)
    people: dict[str, list[Tie]] = {}
    for each in sorted(organisation.ties, key=_rank):
        if _counts(each, made, at):
            people.setdefault(each.person.uuid, []).append(each)
    names = {uuid: _user_name(ties, settings) for uuid, ties in people.items()}
    taken: dict[str, list[str]] = {}
    for uuid, name in names.items():
        taken.setdefault(name.casefold(), []).append(uuid)
    users = []
    for uuid, ties in sorted(people.items()):
        if (problem := _problem(names[uuid], taken, ties)) is not None:
            made.parked.append(Parked("user", uuid, *problem))
        else:
            users.append(_user(names[uuid], ties, made))
    active = {uuid: [each for each in ties if each.has_begun] for uuid, ties in people.items()}
    stopped = {*organisation.stopped, *(uuid for uuid, ties in people.items() if ties[0].person.stopped)}
    return Objects(
        [*users, *groups(organisation, made.where, active, settings)],
        made.parked,
        made.notices,
        {"users": len(users)},
        IDENTIFYING,
        urgent=frozenset(Ref("user", uuid) for uuid in stopped),
    )


def _counts(tie: Tie, made: _Made, at: date) -> bool:
    image = made.settings.image
    if tie.start > at + timedelta(days=image.days_ahead):
        return False
    wanted = is_wanted(tie.employed, tie.type, image)
    if wanted and tie.unit is None:
        text = f"the {'employment' if tie.employed else 'affiliation'} {tie.uuid} has no unit on this day; not sent"
        made.notices.append(Notice("user", tie.person.uuid, "department", "no_unit", text))
    return wanted and tie.unit in made.where.delivered


def is_wanted(employed: bool, type_: str, image: Image) -> bool:
    """Whether an employment of this type, or an affiliation (not ``employed``), makes somebody a user."""
    if employed:
        return not image.employment_types or type_ in image.employment_types
    return image.affiliations


def _rank(tie: Tie) -> tuple[bool, bool, bool, float, str, str]:
    """Sorts the primary tie first: in force, an employment, not on leave, with the largest share of full time."""
    return not tie.has_begun, not tie.employed, tie.on_leave, -tie.fraction, tie.number.zfill(20), tie.uuid


def _user_name(ties: list[Tie], settings: ScimSettings) -> str:
    """The first user name that the settings allow and the person has; without blanks, since it is a login."""
    person = ties[0].person
    accounts = sorted(
        (each for each in person.accounts if each.system == settings.image.system),
        key=lambda each: (not each.primary, each.login),
    )
    for wanted in settings.image.user_name:
        if wanted == "work_email":
            given = [_email(person, ties)]
        else:
            given = [each.principal_name if wanted == "principal_name" else each.login for each in accounts]
        for each in given:
            if name := "".join(each.split()):
                return name
    return ""


def _problem(name: str, taken: Mapping[str, list[str]], ties: list[Tie]) -> tuple[str, str] | None:
    if not name:
        return "no_user_name", "The person has none of the names that image.user_name lists."
    if any(True for _ in numbers_in(name)):
        return "cpr_number", "The user name contains a CPR number, which is never sent."
    if len(same := taken[name.casefold()]) > 1:
        others = ", ".join(each for each in same if each != ties[0].person.uuid)
        return "same_user_name", f"Another person has the same user name: {others}."
    return None


def _user(name: str, ties: list[Tie], made: _Made) -> Wanted:
    first, person, settings = ties[0], ties[0].person, made.settings
    unit = made.organisation.units[str(first.unit)]
    given_name, surname = _names(person)
    values: dict[str, Any] = {
        "userName": name,
        "name.givenName": given_name,
        "name.familyName": surname,
        "name.formatted": person.name,
        "displayName": person.name,
        "title": first.title,
        "emails": _emails(_email(person, ties)),
        "phoneNumbers": [] if person.protected else _phones(person, ties, made),
        "addresses": [] if person.protected else _addresses(unit.street, unit.postal_code, unit.city),
        "preferredLanguage": "da",
        "locale": "da-DK",
        "timezone": "Europe/Copenhagen",
        enterprise("employeeNumber"): _without_cpr(first.number),
        enterprise("department"): unit.name,
        enterprise("division"): made.where.division(unit.uuid, settings.image.division_level),
        enterprise("organization"): settings.image.organization,
        enterprise("costCenter"): unit.cost_center,
        **settings.add,
    }
    managers = made.organisation.managers.get(first.uuid, ())[:1] if settings.image.managers else ()
    return Wanted(
        "user",
        person.uuid,
        {path: value for path, value in values.items() if path not in settings.excluded_attributes},
        {MANAGER: frozenset(Ref("user", each) for each in managers)},
        enabled=first.has_begun and not person.stopped,
        protected=person.protected,
    )


def _names(person: Person) -> tuple[str, str]:
    """Given name and surname; if no source separates them, the last word of the name is the surname."""
    if person.given_name or person.surname:
        return person.given_name, person.surname
    given_name, _, surname = person.name.strip().rpartition(" ")
    return given_name, surname


def _email(person: Person, ties: list[Tie]) -> str:
    hidden = {each.strip().casefold() for tie in ties for each in tie.hidden}
    given = (*(each.email for each in ties), person.work_email)
    return next((each.strip() for each in given if each.strip() and each.strip().casefold() not in hidden), "")


def _emails(email: str) -> list[dict[str, Any]]:
    return [{"value": email, "type": "work", "primary": True}] if email else []


def _phones(person: Person, ties: list[Tie], made: _Made) -> list[dict[str, Any]]:
    hidden = {phone(each, "e164") for tie in ties for each in tie.hidden}
    found = []
    for type_, given in (("work", (*(each.phone for each in ties), person.work_phone)), ("mobile", (person.mobile,))):
        text = next((each for each in given if each and phone(each, "e164") not in hidden), "")
        number = phone(text, "e164") if text else None
        if number:
            found.append({"value": number, "type": type_})
        elif text:
            made.notices.append(
                Notice("user", person.uuid, "phoneNumbers", "no_phone_number", "not a valid phone number; not sent")
            )
    return found


def _addresses(street: str, postal_code: str, city: str) -> list[dict[str, Any]]:
    """The address of the place of work; never a home address."""
    given = {"streetAddress": street, "postalCode": postal_code, "locality": city}
    parts = {name: each for name, each in given.items() if each}
    return [{"type": "work", **parts, "country": "DK"}] if parts else []


def _without_cpr(text: str) -> str:
    return "" if any(True for _ in numbers_in(text)) else text
