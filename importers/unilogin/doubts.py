"""Reasons to doubt an export as a whole, and notices about its content (unilogin.md §7, §8)."""

from collections.abc import Collection, Iterable, Iterator

from graph.statements.statement import Problem
from importers.unilogin.answers import GROUP_TYPES, Export, PersonAnswer
from importers.unilogin.people import Placed

EMPLOYEE_ROLES = frozenset({"Lærer", "Pædagog", "Vikar", "Leder", "Ledelse", "TAP", "Konsulent"})
EXTERNAL_ROLES = frozenset({"Praktikant", "Ekstern"})


def doubts(sent: Export, year: int | None, known: int, left: int, least_share: float) -> tuple[str, ...]:
    """Reasons to stop the export at the brake. ``year``: first year of the previous export's school year; ``known``:
    the number of known people; ``left``: how many of them are still in the export."""
    found = []
    if year is not None and sent.year is not None and sent.year > year:
        found.append(f"the school year {sent.year}-{sent.year + 1} has begun; the last export was of {year}-{year + 1}")
    if known and left < least_share * known:
        found.append(f"of {known} people known before, the export has {left}")
    return tuple(found)


def notices(sent: Export, institution: str) -> list[Problem]:
    """Pupils despite the filter, unknown codes, people without a tie."""
    return list(_notices(sent, institution))


def _notices(sent: Export, institution: str) -> Iterator[Problem]:
    if sent.pupils:
        text = f"{sent.pupils} pupils were in the answer although none were requested; they are not read. Contact STIL"
        yield Problem("Unit", institution, "", "pupils", text)
    for group in sorted(sent.group_types - GROUP_TYPES):
        yield Problem("Unit", institution, group, "unknown_group_type", "groups are not read; this is new", "notice")
    for each in sent.persons:
        yield from _of_person(each, institution)


def _of_person(sent: PersonAnswer, institution: str) -> Iterator[Problem]:
    known = EMPLOYEE_ROLES if sent.tie == "employee" else EXTERNAL_ROLES
    strange = sorted({*sent.roles} - known)
    if strange:
        text = f"unknown role {', '.join(strange)}; it is kept as text"
        yield Problem("Unit", institution, sent.name, "unknown_role", text, "notice")


def other_managers(placed: Iterable[Placed], managers: Collection[str], institution: str) -> Iterator[Problem]:
    """A notice if the school's head is not among the unit's ``managers`` (uuids of persons); it changes no manager."""
    for each in placed:
        if "Leder" in each.answer.roles and each.among is None and each.uuid not in managers:
            text = "the school lists this person as its head; in the organisation the unit has another manager, or none"
            yield Problem("Unit", institution, each.answer.name, "other_manager", text, "notice")
