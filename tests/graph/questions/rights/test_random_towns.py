"""Random municipalities: everybody's rights on each day, why not, and what a login sends are what a second reading of
the same facts gives; and what a preview says is what then happens."""

from collections.abc import Mapping
from datetime import date
from itertools import product
from pathlib import Path

import neo4j
import pytest

from graph.identity.lookup import find
from graph.questions.preview.consequences import preview
from graph.questions.rights.asking import Asked, evaluation, evaluation_of_all, rights_on
from graph.questions.rights.held import HeldRight
from graph.questions.rights.why_not import why_not
from graph.time import today
from idp.claims.person_claims import sent
from tests.emptied import empty
from tests.graph.questions.rights.imported import imported
from tests.graph.questions.rights.random_town import DAYS, JOBS, KLE, PEOPLE, Facts, Oracle, Right, changed, random_town

pytestmark = pytest.mark.slow
SEEDS, OF_PREVIEWS = (1, 2), (1, 4)
"""A few: each town takes seconds. Others are tried by hand, after a change of the rules."""
CVR = "12345678"


class Names:
    """uuid → the facts file's name."""

    def __init__(self, session: neo4j.Session, town: Facts) -> None:
        self.of: dict[str, str] = {}
        for kind, entries in (("Unit", "units"), ("Person", "persons"), ("Employment", "employments")):
            for each in town[entries]:
                self.of[find(session, kind, each["id"]).uuid] = each["id"]
        for each in JOBS:
            self.of[find(session, "JobFunctionRole", each).uuid] = each
        self.uuids = {name: uuid for uuid, name in self.of.items()}

    def right(self, held: HeldRight) -> Right:
        return Right(
            self.of[held.person.uuid],
            self.of[held.subject.uuid],
            None if held.unit is None else self.of[held.unit.uuid],
            held.right.key,
            frozenset(
                (
                    included.system_role.key,
                    limit.type.key,
                    frozenset(self.of.get(value, value.removesuffix(".*")) for value in limit.wire),
                )
                for included in held.included
                for limit in included.limits
            ),
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_rights_why_not_and_what_is_sent(driver: neo4j.Driver, tmp_path: Path, seed: int) -> None:
    town = random_town(seed)
    empty(driver)
    assert imported(driver, town, tmp_path).problems == []
    with driver.session() as session:
        names = Names(session, town)
        for day in DAYS:
            oracle = Oracle(town, day)
            expected = oracle.everybody()
            everybody = {each for _, rights in evaluation_of_all(session, day).everybody() for each in rights.held}
            assert {names.right(each) for each in everybody} == expected, (seed, day)
            for person in (f"p{n}" for n in range(PEOPLE)):
                uuid = names.uuids[person]
                alone = {names.right(each) for each in rights_on(session, Asked(uuid), day).held}
                assert alone == {each for each in expected if each.person == person}, (seed, day, person)
                _why_not(session, names, person, day, {each.right for each in alone}, seed)
                _sent(session, names, person, day, alone, town, seed)


def _why_not(session: neo4j.Session, names: Names, person: str, day: date, held: set[str], seed: int) -> None:
    work = evaluation(session, names.uuids[person], day, tuple(names.uuids[each] for each in JOBS))
    for job in ("j0", "j1", "j2", "delegated"):
        steps = why_not(work, names.uuids[person], names.uuids[job])
        assert steps and all(each.text for each in steps)
        assert {"held"} == {each.step for each in steps} if job in held else "held" not in {each.step for each in steps}


def _sent(
    session: neo4j.Session, names: Names, person: str, day: date, held: set[Right], town: Facts, seed: int
) -> None:
    """What KOMBIT makes of the groups, point by point, is what is held: no cross product, and nothing lost."""
    settings = {each.get("parameter"): each for each in town["constraint_settings"]}
    document = sent(session, Asked(names.uuids[person]), None, CVR, day, {})
    uris = {each["uri"]: name for name, each in town["job_function_roles"].items()}
    found = set()
    for group in document.groups:
        job = uris[group.privilege]
        assert group.scope.endswith("87654321" if job == "delegated" else CVR)
        limits = {
            (settings[each.name]["system_role"], settings[each.name]["type"]): {
                names.of.get(value, value.removesuffix(".*")) for value in each.values
            }
            for each in group.constraints
        }
        found |= {(job, each) for each in _points(limits)}
    expected = set()
    for right in held:
        dynamic = {
            (role, type_): set(values)
            for role, type_, values in right.limits
            if (right.right, role, type_) in {
                (each["of"].partition(":")[2], each["system_role"], each["type"])
                for each in settings.values() if "derived" in each
            }
        }  # fmt: skip
        expected |= {(right.right, each) for each in _points(dynamic)}
    assert found == expected, (seed, day, person)


def _points(limits: Mapping[tuple[str, str], set[str]]) -> set[tuple[tuple[str, ...], ...]]:
    """Each combination of single values; of KLE, the subjects below."""
    leaves = [*KLE, *(f"{each}.99" for each in KLE)]
    singles = []
    for (role, type_), values in sorted(limits.items()):
        inside = {one for one in leaves for each in values if f"{one}.".startswith(f"{each}.")}
        singles.append([(role, type_, each) for each in sorted(inside if type_ == "kle" else values)])
    return {*product(*singles)}


@pytest.mark.parametrize("seed", OF_PREVIEWS)
def test_what_a_preview_says_is_what_then_happens(driver: neo4j.Driver, tmp_path: Path, seed: int) -> None:
    town = random_town(seed)
    new = changed(town, seed)
    days = [each for each in DAYS if each >= today()]
    empty(driver)
    assert imported(driver, town, tmp_path).problems == []

    def held() -> dict[date, set[Right]]:
        with driver.session() as session:
            names = Names(session, town)
            return {
                day: {names.right(each) for _, rights in evaluation_of_all(session, day).everybody()
                      for each in rights.held}
                for day in days
            }  # fmt: skip

    was = held()
    said = preview(driver, lambda rehearsal: imported(rehearsal, new, tmp_path))
    assert said.outcome.problems == []
    assert said.looked_until >= days[-1] > today(), "each of the days is compared"
    assert held() == was, "nothing of it stays"
    assert imported(driver, new, tmp_path).problems == []
    is_ = held()
    with driver.session() as session:
        names = Names(session, town).of
    for day in days:
        assert is_[day] == Oracle(new, day).everybody(), (seed, day)
        before, after = ({each[:4] for each in of[day]} for of in (was, is_))
        for change, expected in (("gained", after - before), ("lost", before - after)):
            found = {
                (names[each.person], names[subject], names.get(unit), names[right])
                for each in said.consequences
                if (each.change, each.what) == (change, "right") and each.since <= day
                and (each.until is None or day < each.until)
                for right, subject, unit in [each.about]
            }  # fmt: skip
            assert found == expected, (seed, day, change)
