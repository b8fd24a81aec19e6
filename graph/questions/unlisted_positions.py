"""Payroll codes that the position list does not know, with how many employments have them (positions.md §5)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import neo4j

from graph.as_of import Day, in_force
from graph.change_log import turned_day
from graph.questions.readable import Readable
from graph.statements.precedence import MANUAL, RULE_PREFIX

LIST = "positions"
"""The source of the municipality's list."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """``source``: of the employments. An empty text is not given. ``employments``: how many have it on the day."""

    source: str
    institution: str
    code: str
    title: str
    employments: int


def unmatched_positions(driver: neo4j.Driver, day: date, readable: Readable | None = None) -> Iterator[Unmatched]:
    """Most employments first. ``readable``: only employments that may be read are counted; None = all."""
    with driver.session(default_access_mode=neo4j.READ_ACCESS) as session:
        shown = Day.of(day, turned_day(session))
        for row in session.run(
            f"""
            MATCH (e:Employment)
            WHERE ($things IS NULL OR e.uuid IN $things) AND {shown.active("e")} AND NOT EXISTS {{
                MATCH (e)-[as:AS]->(:Position)<-[:TELLS]-(:SourceRecord {{source: $list}})
                WHERE {in_force("as")}
            }}
            WITH e, {shown.values("e")} AS v, head(COLLECT {{
                MATCH (r:SourceRecord)-[:TELLS]->(e)
                WHERE NOT r.source IN [$list, $manual] AND NOT r.source STARTS WITH $rules
                RETURN r.source AS source
                ORDER BY source
            }}) AS source, head(COLLECT {{
                MATCH (e)-[as:AS]->(p:Position)
                WHERE {in_force("as")}
                RETURN p.title
            }}) AS title
            RETURN coalesce(source, '') AS source, coalesce(v.institution, '') AS institution,
                coalesce(v.position_code, '') AS code, coalesce(title, v.title, '') AS title,
                count(e) AS employments
            ORDER BY employments DESC, source, institution, code, title
            """,
            at=day,
            list=LIST,
            manual=MANUAL,
            rules=RULE_PREFIX,
            things=None if readable is None else readable.things,
        ):
            yield Unmatched(**row.data())
