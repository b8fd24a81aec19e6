"""CPR numbers in answers: opened after the query, and each reading logged (DESIGN §4 "REConnect's own rights")."""

from typing import Any

import neo4j
import structlog

from graph.changes import now
from graph.cpr import Keyring

_log = structlog.get_logger("cpr")


async def opened(
    driver: neo4j.AsyncDriver, keyring: Keyring, rows: list[dict[str, Any]], asker: str
) -> list[dict[str, Any]]:
    """The rows with each sealed number opened. The reading is kept before anything is answered."""
    persons: list[str] = []
    shown = [_open(row, keyring, persons) for row in rows]
    if persons:
        await driver.execute_query(
            "CREATE (:CprReading {at: $at, by: $by, persons: $persons})", at=now(), by=asker, persons=persons
        )
        _log.info("cpr_numbers_read", by=asker, count=len(persons))
    return shown


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
