"""The nearest managers of everybody at once, for lists of employments; and the form of each answer."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from typing import Any

import neo4j

from graph.questions.nearest import Nearest, nearest_managers_of_all

EVERYBODY = "everybody"
"""The rule that finds the nearest managers of all employees at once."""


OUTSIDE = "outside"


@dataclass(slots=True)
class Everybody:
    """The nearest managers of all employees on a day, kept as long as nothing changes."""

    _kept: tuple[tuple[date, int, int | None], Mapping[str, Any]] | None = None

    def on(self, driver: neo4j.Driver, day: date, known: int | None = None) -> Mapping[str, Any]:
        """``known``: ``Request.last_known``.

        ``answers``: the different answers; ``of``: the place of each employment's and affiliation's among them.
        """
        rows, _, _ = driver.execute_query("MATCH (log:ChangeLog) RETURN log.number AS number")
        state = (day, rows[0]["number"], known)
        kept = self._kept
        if kept is not None and kept[0] == state:
            return kept[1]
        places: dict[int, int] = {}
        answers: list[Mapping[str, Any]] = []
        of: dict[str, int] = {}
        everybody = nearest_managers_of_all(driver, day, known)
        for uuid, each in everybody.items():
            # Most share their unit's answer, which is then the same object.
            if id(each) not in places:
                places[id(each)] = len(answers)
                answers.append(form(None, each))
            of[uuid] = places[id(each)]
        answer = {"answers": answers, "of": of}
        self._kept = (state, answer)
        return answer


def form(employment: str | None, found: Nearest) -> Mapping[str, Any]:
    return {
        "employment": employment,
        "holders": [{"person": each.person, "assignment": each.assignment, "via": each.via} for each in found.holders],
        "levelUnit": found.level_unit,
        "steps": found.steps,
        "path": list(found.path),
        "reason": found.reason,
    }


def in_part(answer: Mapping[str, Any], seen: Container[str]) -> Mapping[str, Any]:
    """The answer to a caller who may read what is ``seen`` (UUIDs): the walk ends where the part of the organisation
    ends that may be read, and whether there is a holder further up is not told."""
    path = list(takewhile(seen.__contains__, answer["path"]))
    holders = [each for each in answer["holders"] if all(uuid in seen for uuid in each.values() if uuid is not None)]
    if len(path) == len(answer["path"]) and bool(holders) == bool(answer["holders"]):
        return {**answer, "holders": holders}
    return {**answer, "holders": [], "levelUnit": None, "steps": None, "path": path, "reason": OUTSIDE}
