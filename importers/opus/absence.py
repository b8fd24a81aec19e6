"""The meaning of things that the previous file had and this one lacks (opus.md §4.1, §4.8), and when that is
suspect."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from graph.statements.statement import Statement
from importers.opus import advance
from importers.opus.employees import EmployeeKey
from importers.opus.mapping import File
from importers.opus.survey import Survey
from importers.source import Mapped


def absent(file: File, previous: Statement) -> Mapped | None:
    """The statement of a thing that the file lacks. None: the file says nothing about it."""
    if previous.key.split(":")[0] not in file.survey.clients:
        return None
    match previous.kind:
        case "Unit":
            return _unit_gone(file, previous)
        case "Employment":
            return _employment_gone(file, previous)
        case _:
            return _of_employment_gone(file, previous)


def _unit_gone(file: File, previous: Statement) -> Mapped:
    if advance.was(previous) in {"gone", "filtered"}:
        return Mapped(previous)
    exists = advance.closed(previous.exists or (), file.day)
    way: advance.Was = "filtered" if previous.key in file.filtered_units else "gone"
    return Mapped(advance.leaving(previous, way, exists, file.day))


def _employment_gone(file: File, previous: Statement) -> Mapped:
    if advance.was(previous) != "live":
        return Mapped(previous)
    exists = previous.exists or ()
    if previous.key in file.filtered_employments:
        return Mapped(advance.leaving(previous, "filtered", advance.closed(exists, file.day), file.day))
    return Mapped(advance.leaving(previous, "cancelled", advance.cancelled(exists), file.day))


def _of_employment_gone(file: File, previous: Statement) -> Mapped | None:
    """A login or trust function that is not listed ends; a function of a cancelled employment never was."""
    client, _, number, *_ = previous.key.split(":")
    employment = EmployeeKey(client, number).text()
    if employment in file.faulty_employments:
        return None
    if previous.kind == "Assignment" and not file.is_present(employment):
        return Mapped(replace(previous, exists=()))
    return Mapped(replace(previous, exists=advance.closed(previous.exists or (), file.day)))


# -- when it is suspect ---------------------------------------------------------------------------------------------


def vanished(file: File) -> Mapping[str, Statement]:
    """Employments that were live before, and that the file has neither live nor as a stub."""
    clients = file.survey.clients
    missing = [
        key for key in file.known.keys("Employment") if not file.is_present(key) and key.split(":")[0] in clients
    ]
    kept = file.known.several("Employment", sorted(missing))
    return {key: each for key, each in kept.items() if advance.was(each) == "live"}


def exchanged(file: File, gone: Mapping[str, Statement]) -> dict[str, str]:
    """New numbers of vanished employments: key under the new number → previous key (§4.1, number exchange).

    They have the same person, start and position; if several fit, none is used.
    """
    sought: dict[tuple[str, ...], list[str]] = {}
    for key, each in gone.items():
        person, position = advance.newest_link(each, "person"), advance.newest_link(each, "position")
        if person is not None and position is not None and each.exists:
            known_by = (key.split(":")[0], person.key, each.exists[-1].start.isoformat(), position.key)
            sought.setdefault(known_by, []).append(key)
    found: dict[str, list[str]] = {}
    if sought:
        for employee, identity in file.survey.newcomers():
            known_by = (
                employee.client,
                file.known.person_key(identity.cpr),
                identity.start.isoformat(),
                f"{employee.client}:position:{identity.position}",
            )
            for key in sought.get(known_by, ()):
                found.setdefault(key, []).append(employee.text())
    pairs = {news[0]: key for key, news in found.items() if len(news) == 1}
    return {new: key for new, key in pairs.items() if sum(new in news for news in found.values()) == 1}


def missing(survey: Survey, before: Iterable[str]) -> list[tuple[str, str]]:
    """(rule, why the file may be incomplete): it has no unit at all, or none of a client that the file before had
    (``before``).

    An export that breaks off can still be well-formed (§4.1).
    """
    gone = sorted({*before} - survey.clients)
    if not survey.clients:
        return [("no_units", "The file has no unit: is the file whole?")]
    text = "The file has nothing of client {}, which the one before had: is the file whole?"
    return [("no_client", text.format(each)) for each in gone]


def suspicions(file: File, live_before: int) -> list[str]:
    """Why the file may be incomplete: many employments vanish without having ended or got a new number, or a unit with
    people does."""
    settings = file.survey.settings
    gone = file.vanished
    reasons = []
    if gone and not file.survey.live:
        reasons.append(f"The file has no employments at all, the one before had {live_before}: is the file whole?")
    elif len(gone) > settings.vanished_count and len(gone) > settings.vanished_share * live_before:
        reasons.append(f"{len(gone)} of {live_before} employments vanished without having left: is the file whole?")
    for key in sorted(_emptied_units(file)):
        reasons.append(f"Unit {key} vanished with employments in it: is the file whole?")
    return reasons


def _emptied_units(file: File) -> set[str]:
    """Vanished units with live employments in the previous file."""
    there = {each.text() for each in file.survey.units}
    missing = [key for key in file.known.keys("Unit") if key not in there and key.split(":")[0] in file.survey.clients]
    lost = {key for key, each in file.known.several("Unit", missing).items() if advance.was(each) in {"live", "closed"}}
    if not lost:
        return set()
    places = (
        advance.newest_link(each, "unit")
        for each in file.known.statements("Employment")
        if each.exists and advance.was(each) == "live"
    )
    return {place.key for place in places if place is not None and place.key in lost}
