"""Whether a change of rules would give somebody a right that no login can carry (kombit_access.md §3: rule 15)."""

from datetime import date

from graph.as_of import Day
from graph.change_log import turned_day
from graph.connection import Run
from graph.errors import ChangeRejected
from graph.questions.preview.learnt import Things
from graph.questions.preview.touched import touched_on
from graph.questions.rights import reading
from graph.questions.rights.evaluate import Evaluation
from graph.questions.rights.held import HeldRight
from graph.questions.rights.large import BYTES_OF_UNIT, LARGEST, REMEDY, bytes_of, in_words
from graph.time import today

SIZED = frozenset({"Grant", "ConstraintSetting", "JobFunctionRole", "SystemRole"})
"""Kinds whose change may give people longer limits."""


_CHANGED = f"""
MATCH (c:Change)
WHERE c.number > $number AND c.kind IN $kinds
MATCH (n:{"|".join(sorted(SIZED))} {{uuid: c.uuid}})
RETURN DISTINCT c.kind AS kind, c.uuid AS uuid, n.from AS begins
"""


def refuse_too_large(session: Run, number: int) -> None:
    """Of the rules that were changed after the change ``number``.

    Raises ChangeRejected (too_large) where somebody would hold a right by them with more than ``LARGEST`` bytes of
    values, today or from the first day of one of the rules. Nobody is looked at where all units together take less.
    """
    units = session.run("MATCH (u:Unit) RETURN count(u)").single(strict=True)[0]
    if units * BYTES_OF_UNIT <= LARGEST:
        return
    rows = list(session.run(_CHANGED, number=number, kinds=sorted(SIZED)))
    things = {kind: frozenset(each["uuid"] for each in rows if each["kind"] == kind) for kind in SIZED}
    begins = {each["begins"].to_native() for each in rows if each["begins"] is not None}
    days = sorted({today(), *(day for day in begins if day > today())})
    found = [each for day in days for each in _too_large(session, things, day)]
    if not found:
        return
    worst = max(found, key=bytes_of)
    people = len({each.person.uuid for each in found})
    text = (
        f"{worst.right.title or worst.right.key} would give {people} {'people' if people > 1 else 'person'} more than "
        f"a login carries: {in_words(worst)}; {LARGEST} bytes are allowed for all. To mend it, {REMEDY}"
    )
    raise ChangeRejected("too_large", text)


def _too_large(session: Run, things: Things, at: date) -> list[HeldRight]:
    day = Day.of(at, turned_day(session))
    people = sorted(touched_on(session, day, at, things).persons)
    work = Evaluation(reading.of_some(session, day, at, people))
    settings = (work.organisation.settings.get(each) for each in things["ConstraintSetting"])
    changed = {each for kind in SIZED for each in things[kind]} | {each.of for each in settings if each is not None}
    return [
        each
        for person in people
        for each in work.of(person).held
        if bytes_of(each) > LARGEST and not changed.isdisjoint((each.grant.uuid, *work.bundles.rights_of(each)))
    ]
