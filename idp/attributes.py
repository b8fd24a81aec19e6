"""Attributes of a person for a service provider: expressions in CEL over the person, the account and the employments.

What an expression gives becomes the values of the attribute: a text is one, a list is several, null and an empty list
are none. Names of today, as every target gets them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import neo4j

from graph.as_of import in_force
from graph.cpr.keyring import Keyring
from graph.expressions import ExpressionFailed, compile_expression
from idp.attribute_names import LOGIN_NAMES


def attributes_of(expressions: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, list[str]]:
    """The attributes of a person. Raises ExpressionFailed: then nothing is asserted, rather than too little."""
    compiled = {name: compile_expression(text, LOGIN_NAMES) for name, text in expressions.items()}
    return {name: _values(each.text, each.evaluate(facts)) for name, each in compiled.items()}


def facts_of(
    tx: neo4j.ManagedTransaction, account: str | None, person: str, day: date, keyring: Keyring | None
) -> dict[str, Any] | None:
    """What the expressions see of a person and an account (uuids); None if either is gone. ``account``: a planned or
    an observed one; None: there is none. ``keyring``: None where CPR numbers may not be read."""
    row = tx.run(
        f"""
        MATCH (p:Person {{uuid: $person}})
        CALL () {{
            MATCH (a:PlannedAccount {{uuid: $account}})
            RETURN a
            UNION
            MATCH (a:Account {{uuid: $account}})
            RETURN a
            UNION
            WITH null AS a
            WHERE $account IS NULL
            RETURN a
        }}
        RETURN p.cpr_cipher AS cipher, p.cpr_key AS cpr_key,
            p {{.uuid}} AS person_id, a {{.uuid}} AS account_id,
            head(COLLECT {{ MATCH (p)-[s:STATE]->(v) WHERE {in_force("s", "$day")} RETURN properties(v) }}) AS person,
            head(COLLECT {{ MATCH (a)-[s:STATE]->(v) WHERE {in_force("s", "$day")} RETURN properties(v) }}) AS account,
            COLLECT {{
                MATCH (p)-[of:HAS]->(e:Employment)-[s:STATE]->(v)
                WHERE {in_force("of", "$day")} AND {in_force("s", "$day")}
                OPTIONAL MATCH (e)-[i:IN]->(u:Unit)-[us:STATE]->(uv)
                WHERE {in_force("i", "$day")} AND {in_force("us", "$day")}
                OPTIONAL MATCH (e)-[w:AS]->(x:Position)-[xs:STATE]->(xv)
                WHERE {in_force("w", "$day")} AND {in_force("xs", "$day")}
                RETURN {{
                    values: properties(v), uuid: e.uuid, unit: properties(uv), unit_uuid: u.uuid,
                    position: properties(xv), position_uuid: x.uuid
                }}
                ORDER BY e.uuid
            }} AS employments
        """,
        account=account,
        person=person,
        day=day,
    ).single()
    if row is None:
        return None
    who = {**(row["person"] or {}), **row["person_id"]}
    who["cpr"] = None
    if keyring is not None and row["cipher"] is not None:
        who["cpr"] = keyring.decrypt(row["cipher"], row["cpr_key"])
    return {
        "person": who,
        "account": {**(row["account"] or {}), **(row["account_id"] or {})},
        "employments": [
            {
                **each["values"],
                "uuid": each["uuid"],
                "unit": {**(each["unit"] or {}), "uuid": each["unit_uuid"]},
                "position": {**(each["position"] or {}), "uuid": each["position_uuid"]},
            }
            for each in row["employments"]
        ],
    }


def _values(text: str, found: Any) -> list[str]:
    several: Sequence[Any] = found if isinstance(found, list | tuple) else [found]
    values = []
    for each in several:
        if each is None:
            continue
        if not isinstance(each, str | int | float | bool):
            raise ExpressionFailed(text, "an attribute is a text, a number, true or false, or a list of them")
        values.append(str(each).lower() if isinstance(each, bool) else str(each))
    return values
