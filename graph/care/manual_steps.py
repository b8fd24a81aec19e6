"""Opening, changing, dropping and closing what must be done by hand in manual systems."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import neo4j

from graph.change_log import Origin
from graph.errors import ChangeRejected
from graph.model.rights import STEP_DONE, STEP_DROPPED, STEP_OPEN
from graph.questions.rights.asking import evaluation_of_all
from graph.questions.rights.manual_steps import Todo, steps, todo, wanted
from graph.statements.statement import DatedLink, DatedValue, Ref, Statement, Value
from graph.time import Period, today
from graph.writing.amending import Amendment
from graph.writing.graph_writer import GraphWriter, Written

_AT_ONCE = 500
"""Steps that are written in one transaction."""
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many steps were opened, were changed as what is needed has changed, and are no longer needed."""

    opened: int = 0
    changed: int = 0
    dropped: int = 0


def refresh(driver: neo4j.Driver, writer: GraphWriter, origin: Origin) -> Refreshed:
    """Compare what is held today with what was done, and open what differs.

    Raises ChangeRejected, Stale where others go on refreshing at the same time.
    """
    for attempt in range(_ATTEMPTS):
        found = _differing(driver)
        try:
            for start in range(0, len(found), _AT_ONCE):
                writer.amend_all([_amendment(each) for each in found[start : start + _AT_ONCE]], origin)
        except ChangeRejected as refused:
            # Another has opened or closed one of them meanwhile: what differs is looked for again.
            if refused.code not in ("taken", "wrong_state") or attempt == _ATTEMPTS - 1:
                raise
        else:
            opened = sum(each.opened is None for each in found)
            dropped = sum(each.action is None for each in found)
            return Refreshed(opened, len(found) - opened - dropped, dropped)
    raise AssertionError("each attempt returns or raises")


def _differing(driver: neo4j.Driver) -> list[Todo]:
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        work = evaluation_of_all(session, today())
        known = steps(session)
    automatic = [uuid for uuid, role in work.organisation.system_roles.items() if not role.system.manual]
    return list(todo(wanted(work), known, automatic))


def _amendment(each: Todo) -> Amendment:
    if each.opened is None:
        return Amendment("ManualStep", None, _new(each))
    if each.action is None:
        return Amendment("ManualStep", each.opened, _with({"state": STEP_DROPPED}))
    limits = () if each.wanted is None else each.wanted.limits
    compared = () if each.wanted is None else each.wanted.compared
    return Amendment(
        "ManualStep",
        each.opened,
        _with({"state": STEP_OPEN, "action": each.action, "limits": limits, "compared": compared}),
    )


def _new(each: Todo) -> Callable[[Statement], Statement]:
    person, role = each.key
    values: dict[str, Value] = {
        "key": f"{person}:{role}:{each.number}",
        "step": each.number,
        "action": str(each.action),
        "state": STEP_OPEN,
    }
    links = {
        "person": ("Person", person), "system_role": ("SystemRole", role), "system": ("ItSystem", each.system),
    }  # fmt: skip
    if each.wanted is not None:
        values |= {"limits": each.wanted.limits, "compared": each.wanted.compared}
    life = Period(today())
    return lambda kept: replace(
        kept,
        exists=(life,),
        values={name: (DatedValue(life, value),) for name, value in values.items()},
        links={name: (DatedLink(Period(), Ref(kind, uuid, "uuid")),) for name, (kind, uuid) in links.items()},
    )


def _with(told: dict[str, Value]) -> Callable[[Statement], Statement]:
    """These values from today on."""

    def edit(kept: Statement) -> Statement:
        values = dict(kept.values)
        for name, value in told.items():
            before = [
                replace(each, period=Period(each.period.start, today()))
                for each in values.get(name, ())
                if each.period.start < today()
            ]
            values[name] = (*before, DatedValue(Period(today()), value))
        return replace(kept, values=values)

    return edit


def close(writer: GraphWriter, step: str, done_by: str, on: date, comment: str, origin: Origin) -> Written:
    """A person has done it. Raises ChangeRejected: wrong_state (it is closed already), wrong_value (a day to come)."""
    if on > today():
        raise ChangeRejected("wrong_value", f"on: {on} is in the future; give the day on which it was done", field="on")

    def edit(kept: Statement) -> Statement:
        told = _with({"state": STEP_DONE, "done_on": on.isoformat(), "comment": comment})(kept)
        link = DatedLink(Period(today()), Ref("Person", done_by, "uuid"))
        return replace(told, links={**told.links, "done_by": (link,)})

    return writer.amend("ManualStep", step, edit, origin)
