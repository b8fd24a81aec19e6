"""Days on which something starts or ends that the evaluation of rights reads (``graph.questions.rights.reading``).

Each part finds periods, as ``each``; those of one person from ``p``.
"""

from graph.model import KINDS
from graph.model.rights import GRANTEES

_RULES = ("SystemRole", "JobFunctionRole", "ConstraintType", "ItSystem", "RightsConflict")
"""Kinds whose periods all matter."""
_OF_SOME = ("Person", "Employment", "Affiliation")
"""What a grant to these says matters to them alone. A municipality has many such grants, each with an end."""


def _periods_of(*kinds: str) -> str:
    """The types of the relationships that lead from things of these kinds, with a period each."""
    return "|".join(
        sorted({"STATE", *(link.type for kind in kinds for link in KINDS[kind].links if not link.incoming)})
    )


_REACHES_MANY = f"EXISTS {{ (g)-[:GIVEN_TO]->(:{'|'.join(each for each in GRANTEES if each not in _OF_SOME)}) }}"
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
    f"(p)-[:HAS]->{{0,1}}()<-[:GIVEN_TO]-(:Grant|RightsRequest)-[a:{_periods_of('Grant', 'RightsRequest')}]->()",
    "(p)-[:HAS]->{0,1}()<-[:GIVEN_TO]-(:Grant)<-[:SETS]-(:ConstraintSetting)"
    f"-[a:{_periods_of('ConstraintSetting')}]->()",
)
OF_ALL = _joined(
    "(:Role)-[a:STATE]->()",
    "(:Grant)-[:ABOUT]->()<-[:WITHIN|MEMBER_OF*0..]-()-[a:STATE|WITHIN|MEMBER_OF]->()",
    "(:Grant)-[:ABOUT]->()-[:WITHIN|MEMBER_OF*0..]->()-[a:WITHIN|MEMBER_OF]->()",
    f"(:KleNode)-[a:STATE]->() WHERE {_IN_PERIOD}",
    f"(:{'|'.join(_RULES)})-[a:{_periods_of(*_RULES)}]->()",
    f"(g:Grant)-[a:{_periods_of('Grant')}]->() WHERE {_REACHES_MANY}",
    f"(c:ConstraintSetting)-[a:{_periods_of('ConstraintSetting')}]->() "
    f"WHERE NOT EXISTS {{ MATCH (c)-[:SETS]->(g:Grant) WHERE NOT {_REACHES_MANY} }}",
    f"(:Unit)-[a:STATE|PART_OF|PERFORMS|RESPONSIBLE_FOR|INTERESTED_IN|PAID_OUT_BY]->() WHERE {_IN_PERIOD}",
)
"""What is not of one person; with ``$start`` and ``$end``."""
DAYS_WITHIN = """
UNWIND [each.from, each.to] AS day
WITH DISTINCT day
WHERE day > $start AND day < $end
RETURN day ORDER BY day LIMIT $most
"""
