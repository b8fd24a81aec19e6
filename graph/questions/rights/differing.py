"""Whose rights may differ between two days, told without working out anybody's: what is the same gives the same."""

from dataclasses import fields

from graph.questions.rights.organisation import OrganisationOnDay

_OF_PEOPLE = ("persons", "ties", "assignments", "stand_ins")


def may_differ(one: OrganisationOnDay, other: OrganisationOnDay) -> frozenset[str] | None:
    """uuids of persons. None: anybody's, since something differs that people share: a grant, a limit, a unit …"""
    shared = [each.name for each in fields(one) if each.name not in ("at", *_OF_PEOPLE)]
    if any(getattr(one, name) != getattr(other, name) for name in shared):
        return None
    found: set[str] = set()
    for name in _OF_PEOPLE:
        before, after = getattr(one, name), getattr(other, name)
        for uuid in {*before, *after}:
            mine = [each for each in (before.get(uuid), after.get(uuid)) if each is not None]
            if len(mine) == 1 or mine[0] != mine[1]:
                found |= {_whose(name, each, one, other) for each in mine}
    return frozenset(found)


def _whose(name: str, thing: object, *days: OrganisationOnDay) -> str:
    if name == "persons":
        return str(thing.uuid)  # type: ignore[attr-defined]
    if name != "assignments":
        return str(thing.person)  # type: ignore[attr-defined]
    holder = str(thing.holder)  # type: ignore[attr-defined]
    ties = (day.ties.get(holder) for day in days)
    return next((each.person for each in ties if each is not None), holder)
