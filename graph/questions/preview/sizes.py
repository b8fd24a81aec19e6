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
from graph.questions.rights.large import BYTES_OF_UNIT, LARGEST, REMEDY, bytes_of, grown, in_words
from graph.time import today

SIZED = frozenset({"Grant", "ConstraintSetting", "JobFunctionRole", "SystemRole"})
"""Kinds whose change may give people longer limits."""

_BYTES_OF_KLE = 9  # 00.00.00 and the comma after it
_CHANGED = f"""
MATCH (c:Change)
WHERE c.number > $number AND c.kind IN $kinds
MATCH (n:{"|".join(sorted(SIZED))} {{uuid: c.uuid}})
RETURN DISTINCT c.kind AS kind, c.uuid AS uuid, n.from AS begins
"""

_MOST_LIMITS = f"""
UNWIND $uuids AS uuid
MATCH (n:{"|".join(sorted(SIZED))} {{uuid: uuid}})-[:SETS|GIVES*0..2]->(:JobFunctionRole|SystemRole)
    <-[:INCLUDES*0..]-(bundle)-[:INCLUDES*0..]->(s:SystemRole)-[:REQUIRES|MAY_LIMIT]->(t:ConstraintType)
WITH bundle, count(DISTINCT s.uuid + t.uuid) AS limits
RETURN coalesce(max(limits), 0) AS limits
"""
"""Of one bundle that a changed rule is about. What has ended counts as well: it is a figure at most."""

_LONGEST_LIMIT = """
RETURN COUNT { (:Unit) } AS units, COUNT { (:ItSystem) } AS systems, COUNT { (:KleNode) } AS kle,
    COLLECT {
        MATCH (:ConstraintSetting)-[:STATE]->(values)
        RETURN max(reduce(length = 0, each IN coalesce(values.fixed, []) | length + 3 * size(each) + 1))
    }[0] AS fixed
"""


def refuse_too_large(session: Run, number: int) -> None:
    """Of the rules that were changed after the change ``number``.

    Raises ChangeRejected (too_large) where somebody would hold a right by them with more than ``LARGEST`` bytes of
    values, and more than by the same grant before, today or from the first day of one of the rules. Nobody is looked at
    where even the longest values in all limits would take less.
    """
    rows = list(session.run(_CHANGED, number=number, kinds=sorted(SIZED)))
    if _at_most(session, [each["uuid"] for each in rows]) <= LARGEST:
        return
    things = {kind: frozenset(each["uuid"] for each in rows if each["kind"] == kind) for kind in SIZED}
    begins = {each["begins"].to_native() for each in rows if each["begins"] is not None}
    days = sorted({today(), *(day for day in begins if day > today())})
    found = [each for day in days for each in _too_large(session, things, day, number)]
    if not found:
        return
    worst = max(found, key=bytes_of)
    people = len({each.person.uuid for each in found})
    text = (
        f"{worst.right.title or worst.right.key} would give {people} {'people' if people > 1 else 'person'} more than "
        f"a login carries: {in_words(worst)}; {LARGEST} bytes are allowed for all. To mend it, {REMEDY}"
    )
    raise ChangeRejected("too_large", text)


def _at_most(session: Run, uuids: list[str]) -> int:
    """Bytes of all limits of one right that the changed rules are about."""
    limits: int = session.run(_MOST_LIMITS, uuids=uuids).single(strict=True)["limits"]
    longest = session.run(_LONGEST_LIMIT).single(strict=True)
    values = max(longest["units"], longest["systems"]) * BYTES_OF_UNIT
    most: int = max(values, longest["kle"] * _BYTES_OF_KLE, longest["fixed"] or 0)
    return limits * most


def _too_large(session: Run, things: Things, at: date, number: int) -> list[HeldRight]:
    day = Day.of(at, turned_day(session))
    people = sorted(touched_on(session, day, at, things).persons)
    work = Evaluation(reading.of_some(session, day, at, people))
    settings = (work.organisation.settings.get(each) for each in things["ConstraintSetting"])
    changed = {each for kind in SIZED for each in things[kind]} | {each.of for each in settings if each is not None}
    found = [
        each
        for person in people
        for each in work.of(person).held
        if bytes_of(each) > LARGEST and not changed.isdisjoint((each.grant.uuid, *work.bundles.rights_of(each)))
    ]
    if not found:
        return []
    holders = sorted({each.person.uuid for each in found})
    before = Evaluation(reading.of_some(session, Day.of(at, turned_day(session), number), at, holders))
    return grown(found, (each for person in holders for each in before.of(person).held))
