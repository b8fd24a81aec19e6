"""CPR numbers in answers: decrypted after the query, each reading logged (architecture.md §4 "REConnect's own
rights")."""

from typing import Any

import neo4j
import structlog

from graph.change_log import now
from graph.cpr.keyring import Keyring
from graph.identity.lookup import PERSON_OF_HASH

_log = structlog.get_logger("api.cpr")


async def opened(
    driver: neo4j.AsyncDriver, keyring: Keyring, rows: list[dict[str, Any]], asker: str
) -> list[dict[str, Any]]:
    """The rows with each number decrypted. The reading is logged before anything is answered."""
    persons: list[str] = []
    shown = [_open(row, keyring, persons) for row in rows]
    if persons:
        await driver.execute_query(
            "CREATE (:CprReading {at: $at, by: $by, persons: $persons})", at=now(), by=asker, persons=persons
        )
        _log.info("cpr_numbers_read", by=asker, count=len(persons))
    return shown


def looked_up(driver: neo4j.Driver, keyring: Keyring, cpr: str, asker: str) -> str | None:
    """The uuid of the person with this number (ten digits), present or former. A search by a number reveals its person,
    so it is logged as a reading before it is answered, even if the number is unknown."""
    rows, _, _ = driver.execute_query(
        f"""
        WITH $hash AS hash
        {PERSON_OF_HASH}
        WITH coalesce(now.uuid, before.uuid) AS person
        CREATE (:CprReading {{at: $at, by: $by, persons: [each IN [person] WHERE each IS NOT NULL], looked_up: true}})
        RETURN person
        """,
        hash=keyring.hash(cpr),
        at=now(),
        by=asker,
    )
    _log.info("cpr_number_looked_up", by=asker, found=rows[0]["person"] is not None)
    person: str | None = rows[0]["person"]
    return person


def _open(value: Any, keyring: Keyring, persons: list[str]) -> Any:
    if isinstance(value, list):
        return [_open(each, keyring, persons) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"_cpr"}:
        cipher, key, uuid = value["_cpr"]
        if cipher is None:
            return None
        persons.append(uuid)
        return keyring.decrypt(cipher, key)
    return {name: _open(each, keyring, persons) for name, each in value.items()}
