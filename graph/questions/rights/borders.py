"""Days on which something starts or ends that the evaluation of rights reads (``graph.questions.rights.reading``).

Each part finds periods, as ``each``; those of one person from ``p``.
"""

from graph.model import KINDS

_RULES = ("Grant", "ConstraintSetting", "SystemRole", "JobFunctionRole", "ConstraintType", "ItSystem", "RightsConflict")
"""Kinds whose periods all matter."""


def _periods_of(*kinds: str) -> str:
    """The types of the relationships that lead from things of these kinds, with a period each."""
    return "|".join(
        sorted({"STATE", *(link.type for kind in kinds for link in KINDS[kind].links if not link.incoming)})
    )


_IN_PERIOD = "(a.from > $start AND a.from < $end OR a.to > $start AND a.to < $end)"


def _joined(*parts: str) -> str:
    return "\n    UNION\n    ".join(f"MATCH {each.strip()}\n    RETURN a AS each" for each in parts)


OF_PERSON = _joined(
    "(p)-[a:HAS|HOLDS|STANDS_IN|STATE]->()",
    "(p)-[:HAS]->(tie)-[a:STATE|IN|AS|HANDLES|HOLDS]->()",
    "(p)-[:HAS]->(tie)-[:AS]->(:Position)-[:WITHIN*0..]->()-[a:STATE|WITHIN]->()",
    "(p)-[:HAS]->{0,1}()-[:HOLDS]->(:Assignment)-[a:STATE|OF|FOR|ABOUT]->()",
    "(p)-[:STANDS_IN]->(s:Substitution)-[a:STATE|SUBSTITUTES|SCOPE_UNIT]->()",
    "(p)-[:STANDS_IN]->(:Substitution)-[:SUBSTITUTES]->(:Assignment)-[a:STATE|OF|FOR]->()",
    f"(p)-[:HAS]->{{0,1}}()<-[:GIVEN_TO]-(:RightsRequest)-[a:{_periods_of('RightsRequest')}]->()",
)
OF_ALL = _joined(
    "(:Role)-[a:STATE]->()",
    "(:Grant)-[:ABOUT]->()<-[:WITHIN|MEMBER_OF*0..]-()-[a:STATE|WITHIN|MEMBER_OF]->()",
    "(:Grant)-[:ABOUT]->()-[:WITHIN|MEMBER_OF*0..]->()-[a:WITHIN|MEMBER_OF]->()",
    f"(:KleNode)-[a:STATE]->() WHERE {_IN_PERIOD}",
    f"(:{'|'.join(_RULES)})-[a:{_periods_of(*_RULES)}]->()",
    f"(:Unit)-[a:STATE|PART_OF|PERFORMS|RESPONSIBLE_FOR|INTERESTED_IN|PAID_OUT_BY]->() WHERE {_IN_PERIOD}",
)
"""What is not of one person; with ``$start`` and ``$end``."""
DAYS_WITHIN = """
UNWIND [each.from, each.to] AS day
WITH DISTINCT day
WHERE day > $start AND day < $end
RETURN day ORDER BY day LIMIT $most
"""
