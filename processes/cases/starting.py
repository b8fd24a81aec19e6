"""Who may start a process: stated with it, in the words in which its tasks say who has them.

A definition without ``starter`` may be started by anybody. Otherwise one of its starters must fit: whoever has the role
(and the responsibility) for the unit or a unit above it, or for any unit where none is stated; as holder, as
substitute, or by a delegation of the process. It is asked when a case is started, of the organisation of that day.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from graph.connection import Run
from graph.errors import GraphError
from graph.expressions import ExpressionFailed
from graph.identity.lookup import find
from processes.cases.definitions import Version
from processes.cases.places import places
from processes.engine.extensions import Place
from processes.errors import NotStarter
from processes.routing import Asked, routes

_ALL_THE_WAY_UP: Final = 1_000
"""Levels that are asked above the first one: more than an organisation has."""


def require_starter(run: Run, version: Version, values: Mapping[str, Any], person: str, at: date) -> None:
    """Raises NotStarter unless the person may start a case of this version with these values."""
    stated = version.definition.starters
    if not stated:
        return
    asked: list[Asked] = []
    for each in stated:
        if each.unit:
            unit = _unit(run, version, each.unit, values)
            asked += [] if unit is None else [_asked(version.process, each, unit, _ALL_THE_WAY_UP)]
        else:
            asked += _anywhere(version.process, each, places(run, person, at))
    if all(route.of(person) is None for route in routes(run, asked, at)):
        who = "; or ".join(map(_in_words, stated))
        text = f"only these can start {version.definition.name!r}: {who}. Ask one of them"
        raise NotStarter(text)


def startable(run: Run, versions: Iterable[Version], person: str, at: date) -> set[str]:
    """Ids of the processes of which the person may start a case, for some unit."""
    versions = list(versions)
    held = places(run, person, at)
    asked = [
        each
        for version in versions
        for starter in version.definition.starters
        for each in _anywhere(version.process, starter, held)
    ]
    found = {each.process for each, route in zip(asked, routes(run, asked, at), strict=True) if route.of(person)}
    return found | {each.process for each in versions if not each.definition.starters}


def _anywhere(process: str, starter: Place, held: Iterable[Mapping[str, Any]]) -> list[Asked]:
    """The starter, asked of each unit for which the person has the role."""
    return [
        _asked(process, starter, place["level"])
        for place in held
        if starter.role in place["roles"] and place["process"] in (None, process)
    ]


def _asked(process: str, starter: Place, unit: str, above: int = 0) -> Asked:
    return Asked(process, starter.role, starter.responsibility, unit, escalations=above)


def _unit(run: Run, version: Version, expression: str, values: Mapping[str, Any]) -> str | None:
    """The unit that the start names; None if it names none."""
    try:
        named = version.definition.checked.expressions[expression].evaluate(dict(values))
        return find(run, "Unit", str(named)).uuid if named else None
    except (ExpressionFailed, GraphError):
        return None


def _in_words(starter: Place) -> str:
    about = f" with {starter.responsibility}" if starter.responsibility else ""
    return f"{starter.role}{about} for {'the unit of the case or one above' if starter.unit else 'some unit'}"
