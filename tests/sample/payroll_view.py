"""What a graph says on a day, in terms that SD and Opus share: to compare the two imports of one municipality."""

from datetime import date
from typing import Any

import neo4j

View = dict[str, dict[str, Any]]

# Values that both formats tell. Not: leave (SD only); accounts, functions, pay grade, EAN (Opus only).
_UNIT = ("name", "street", "postal_code", "city", "p_number", "phone")
_PERSON = ("given_name", "surname", "address_protected")
_EMPLOYMENT = ("title", "type", "fraction", "weekly_hours", "full_time_hours", "position_code", "phone", "email")

_HOLDS = "{0}.from <= $day AND ({0}.to IS NULL OR {0}.to > $day)"
_UNITS = f"""
MATCH (u:Unit)-[s:STATE]->(x) WHERE {_HOLDS.format("s")}
OPTIONAL MATCH (u)-[p:PART_OF]->(:Unit)-[ps:STATE]->(above) WHERE {_HOLDS.format("p")} AND {_HOLDS.format("ps")}
RETURN coalesce(x.number, '') AS number, properties(x) AS x, above.number AS parent
"""
_EMPLOYMENTS = f"""
MATCH (e:Employment)-[s:STATE]->(x) WHERE {_HOLDS.format("s")}
MATCH (p:Person)-[h:HAS]->(e) WHERE {_HOLDS.format("h")}
OPTIONAL MATCH (p)-[ps:STATE]->(who) WHERE {_HOLDS.format("ps")}
OPTIONAL MATCH (e)-[i:IN]->(:Unit)-[us:STATE]->(unit) WHERE {_HOLDS.format("i")} AND {_HOLDS.format("us")}
OPTIONAL MATCH (e)-[a:AS]->(:Position)-[qs:STATE]->(position) WHERE {_HOLDS.format("a")} AND {_HOLDS.format("qs")}
RETURN x.number AS number, properties(x) AS x, s.from AS from, p.cpr_hash AS person, properties(who) AS who,
       unit.number AS unit, position.code AS position, position.title AS position_title,
       COLLECT {{
           MATCH (e)-[:HOLDS]->(a:Assignment)-[:OF]->(role:Role), (a)-[f:FOR]->(:Unit)-[fs:STATE]->(for)
           WHERE role.key = 'manager' AND {_HOLDS.format("f")} AND {_HOLDS.format("fs")}
           RETURN for.number
       }} AS manages
"""


def payroll_view(driver: neo4j.Driver, day: date) -> tuple[View, View]:
    """Units and employments (with their persons, units, positions and managerships) by number."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        units = {
            _code(row["number"]): {**_values(row["x"], _UNIT), "parent": _code(row["parent"])}
            for row in session.run(_UNITS, day=day)
        }
        employments = {
            _code(row["number"]): {
                **_values(row["x"], _EMPLOYMENT),
                **_values(row["who"] or {}, _PERSON),
                "person": row["person"],
                "unit": _code(row["unit"]),
                "position": row["position"],
                "position_title": row["position_title"],
                "manages": sorted(_code(each) or "" for each in row["manages"]),
            }
            for row in session.run(_EMPLOYMENTS, day=day)
        }
    return units, employments  # type: ignore[return-value]


def _values(told: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _rounded(told.get(name)) for name in names}


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def _code(number: str | None) -> str | None:
    """Without the institution that SD's codes have in front."""
    return None if number is None else number.rpartition("-")[2]
