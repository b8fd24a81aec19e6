"""The rights of everybody with their limits, and of one person: against the best by hand, with the same answers.

Two hundred grants reach people through units, positions and roles, with limits that look up and down the organisation.
By hand the limits of a right are worked out once a unit, and one row stands for all who hold the right there.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import neo4j

from benchmarks.cpu_time import in_turns, ratios
from benchmarks.measured import Measured
from benchmarks.payroll import SEED, TODAY
from benchmarks.preview import import_facts, opus_keys
from benchmarks.rights_by_hand import Key, Values, bare_paths, by_hand
from benchmarks.rights_with_reasons import Told, with_reasons
from graph.cpr.keyring import Keyring
from graph.questions.rights.asking import Asked, evaluation_of_all, rights_on
from graph.questions.rights.held import HeldRight, Rights
from sample import rights
from sample.facts import facts
from sample.municipality import Municipality

GRANTS, ROUNDS, GOAL = 200, 3, 1.5
PERSONS, OF_ONE_GOAL = 300, 2.0
_TO_UNITS, _TO_POSITIONS, _TO_MANAGERS = 60, 100, 20
"""How many of the grants are to these; the others are to case workers."""


def measure(driver: neo4j.Driver, keyring: Keyring, size: str, today: date, folder: Path) -> Iterator[Measured]:
    """Both questions. Raises RuntimeError where the answers differ."""
    municipality = Municipality(size, SEED, TODAY)
    # The sample's own grants, which another part may have imported, end: by hand they are not known.
    own = {**facts(municipality, opus_keys(keyring)), "grants": []}
    import_facts(driver, keyring, folder, "facts", own, whole=True)
    import_facts(driver, keyring, folder, "rights", _granted(driver))
    yield from _of_all(driver, size, today)
    yield _of_one(driver, size, today)


def _of_all(driver: neo4j.Driver, size: str, today: date) -> Iterator[Measured]:
    """Against two alternatives: one tells the same except texts, the other only who holds what."""

    def ours() -> list[Rights]:
        with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
            work = evaluation_of_all(session, today)
        return [found for _, found in work.everybody()]

    (our, told, plain), (rights, reasons, answers) = in_turns(
        driver, ROUNDS, ours, lambda: with_reasons(driver, today), lambda: by_hand(driver, today)
    )
    assert isinstance(rights, list) and isinstance(reasons, Told) and isinstance(answers, dict)
    held = {_key(each): each for found in rights for each in found.held}
    _compare({key: _limits(each) for key, each in held.items()}, answers)
    _compare(
        {key: tuple(step.uuid for step in each.why) for key, each in held.items()},
        {key: tuple(step[1] for step in chain) for key, (_, chain, _, _) in reasons.held.items()},
    )
    if (omitted := sum(len(found.omitted) for found in rights)) != len(reasons.lost):
        raise RuntimeError(f"{omitted} rights are left out, and {len(reasons.lost)} by hand")
    about = {"held": len(held), "left out": omitted, "grants": GRANTS}
    for what, against, their in (
        ("rights of all", "the same facts by hand", told),
        ("rights of all, with reasons", "only who holds what, by hand", plain),
    ):
        ratio, notes = ratios(our, their)
        yield Measured(what, against, size, "s", min(our.wall), min(their.wall), ratio, GOAL, True, {**about, **notes})


def _key(held: HeldRight) -> Key:
    return held.person.uuid, held.subject.uuid, held.right.uuid, held.unit.uuid if held.unit else ""


def _limits(held: HeldRight) -> Values:
    return {limit.type.key: limit.wire for each in held.included for limit in each.limits}


def _compare(ours: Any, theirs: Any) -> None:
    differing = [each for each in {*ours, *theirs} if ours.get(each) != theirs.get(each)]
    if differing:
        one = min(differing)
        raise RuntimeError(f"{len(differing)} differ; {one}: {ours.get(one)} / {theirs.get(one)} by hand")


def _of_one(driver: neo4j.Driver, size: str, today: date) -> Measured:
    rows, _, _ = driver.execute_query(
        "MATCH (p:Person)-[:HAS]->(:Employment {active: true}) WITH DISTINCT p.uuid AS uuid ORDER BY uuid "
        "RETURN collect(uuid) AS uuids"
    )
    uuids: list[str] = rows[0]["uuids"]
    some = uuids[:: max(1, len(uuids) // PERSONS)][:PERSONS]
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        ours = _slowest(some, lambda person: rights_on(session, Asked(person), today))
        theirs = _slowest(some, lambda person: bare_paths(session, person, today))
    return Measured(
        "rights of one, p99", "a bare read of the same paths, p99", size, "s", ours, theirs, ours / theirs,
        OF_ONE_GOAL, True, {"persons": len(some)},
    )  # fmt: skip


def _slowest(persons: Sequence[str], ask: Callable[[str], object]) -> float:
    """The 99th percentile in seconds, once all have been asked for warmth."""
    for each in persons:
        ask(each)
    taken = []
    for each in persons:
        started = time.perf_counter()
        ask(each)
        taken.append(time.perf_counter() - started)
    return sorted(taken)[len(taken) * 99 // 100]


def _granted(driver: neo4j.Driver) -> dict[str, Any]:
    """Facts: as many grants, each of a job-function role of its own with one system role."""
    units, positions = _most_used(driver)
    made: dict[str, Any] = defaultdict(dict)
    made["constraint_settings"], made["grants"] = [], []
    for number in range(GRANTS):
        key, limits = f"bench_{number}", {"kle": "kle_performs", "org_unit": "unit_and_below"}
        if number < _TO_UNITS:
            to, limits = f"unit:{units[number % len(units)]}", {} if number % 2 else limits
        elif number < _TO_UNITS + _TO_POSITIONS:
            to, limits = f"position:{positions[number % len(positions)]}", {"kle": "kle_performs"}
        elif number < _TO_UNITS + _TO_POSITIONS + _TO_MANAGERS:
            to, limits = "role:manager", {"org_unit": "managed_units_and_below"}
        else:
            to, limits = "role:case_worker", {**limits, "kle": "kle_of_responsibility"}
        made["system_roles"][key] = {"title": key, "system": rights.SYSTEM, "uri": f"{rights.DOMAIN}/{key}",
                                     "required": [*limits]}  # fmt: skip
        made["job_function_roles"][key] = {"title": key, "uri": f"{rights.DOMAIN}/job/{key}",
                                           "includes": [f"system_role:{key}"]}  # fmt: skip
        made["constraint_settings"] += [
            {"id": f"{key}_{type_}", "of": f"job_function_role:{key}", "system_role": key, "type": type_,
             "derived": derived, "parameter": f"{rights.DOMAIN}/{key}/{type_}"}
            for type_, derived in limits.items()
        ]  # fmt: skip
        made["grants"].append({"id": key, "title": key, "gives": f"job_function_role:{key}", "given_to": [to],
                               "inherit": True, "reason": "a benchmark"})  # fmt: skip
    return {"format": 1, **made}


def _most_used(driver: neo4j.Driver) -> tuple[list[str], list[str]]:
    """uuids of the units with most people below the top, and of the positions that most have."""
    units, _, _ = driver.execute_query(
        """
        MATCH (unit:Unit {active: true})-[:PART_OF]->(:Unit)
        RETURN unit.uuid AS uuid
        ORDER BY COUNT { (unit)<-[:PART_OF*0..]-(:Unit)<-[:IN]-(:Employment {active: true}) } DESC, uuid
        LIMIT $number
        """,
        number=_TO_UNITS,
    )
    positions, _, _ = driver.execute_query(
        """
        MATCH (position:Position)
        RETURN position.uuid AS uuid
        ORDER BY COUNT { (position)<-[:AS]-(:Employment {active: true}) } DESC, uuid
        LIMIT $number
        """,
        number=_TO_POSITIONS,
    )
    return [each["uuid"] for each in units], [each["uuid"] for each in positions]
