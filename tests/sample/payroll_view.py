"""What a graph says on a day, in terms that SD and Opus share: to compare the two imports of one municipality."""

from datetime import date
from typing import Any

import neo4j

View = dict[str, dict[str, Any]]

# Values that both formats tell. Not: leave (SD only); accounts, functions, pay grade, EAN, full-time hours (Opus only).
_UNIT = ("name", "street", "postal_code", "city", "p_number", "phone")
_PERSON = ("given_name", "surname", "address_protected")
_EMPLOYMENT = ("type", "fraction", "weekly_hours", "position_code", "phone", "email")

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
           MATCH (e)-[:HOLDS]->(held:Assignment)-[:OF]->(role:Role), (held)-[f:FOR]->(:Unit)-[fs:STATE]->(led)
           WHERE role.key = 'manager' AND {_HOLDS.format("f")} AND {_HOLDS.format("fs")}
           RETURN DISTINCT led.number
       }} AS manages
"""


def payroll_view(driver: neo4j.Driver, day: date) -> tuple[View, View]:
    """Units and employments (with their persons, units, positions and managerships) by number; the top as "root"."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        told = [row.data() for row in session.run(_UNITS, day=day)]
        roots = {_code(row["number"]) for row in told if row["parent"] is None}

        def unit(number: str | None) -> str | None:
            return "root" if _code(number) in roots else _code(number)

        units = {unit(row["number"]): {**_values(row["x"], _UNIT), "parent": unit(row["parent"])} for row in told}
        employments = {
            _code(row["number"]): {
                **_values(row["x"], _EMPLOYMENT),
                # SD tells a title where it is the person's own, Opus the position's words of each employment.
                "title": row["x"].get("title", row["position_title"]),
                **_values(row["who"] or {}, _PERSON),
                "person": row["person"],
                "unit": unit(row["unit"]),
                "position": row["position"],
                "position_title": row["position_title"],
                "manages": sorted(unit(each) or "" for each in row["manages"]),
            }
            for row in session.run(_EMPLOYMENTS, day=day)
        }
    units["root"] = {"name": units["root"]["name"]}  # SD has no address for it: it is the institution
    return units, employments  # type: ignore[return-value]


def _values(told: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _rounded(told.get(name)) for name in names}


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def _code(number: str | None) -> str | None:
    """Without the institution that SD's codes have in front."""
    return None if number is None else number.rpartition("-")[2]
