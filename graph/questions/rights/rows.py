"""How each kind of thing is read for the evaluation of rights: fragments of Cypher that give one map a thing.

The same fragments read one person's surroundings and the whole organisation (``graph.questions.rights.reading``).
"""

from dataclasses import dataclass

from graph.as_of import Day, in_force, last_day

PEOPLE = "APPROVED_BY|REQUESTED_BY|DECIDED_BY"
DAYS = "toString(r.from), toString(r.to)"
"""Of the link ``r``, as texts: the driver makes its own kind of date of each date, which takes longer than all else."""
OF_UNIT_KLE = "PERFORMS|RESPONSIBLE_FOR|INTERESTED_IN"


@dataclass(frozen=True, slots=True)
class Rows:
    """``day``: the day that is read."""

    day: Day

    def holds(self, relationship: str) -> str:
        return in_force(relationship, self.day.day)

    def life(self, node: str) -> str:
        """First day of the thing, and the day after its last."""
        return f"from: toString({self.day.since(node)}), to: toString({self.end(node)})"

    def end(self, node: str) -> str:
        """The day after the thing's last."""
        return f"{node}.to" if self.day.known is None else last_day(node)

    def until(self, node: str) -> str:
        """The day on which the link ``r`` or the thing that it leads to ends, as a text."""
        end = self.end(node)
        return f"toString(CASE WHEN {end} IS NULL OR r.to < {end} THEN r.to ELSE {end} END)"

    def one(self, node: str, arrow: str, to: str, give: str) -> str:
        """``give`` of the first thing that a link leads to, where ``r`` is the link and ``x`` the thing; else null."""
        return f"head({self.many(node, arrow, to, give)})"

    def many(self, node: str, arrow: str, to: str, give: str) -> str:
        return f"COLLECT {{ MATCH ({node})-[r:{arrow}]->(x{to}) WHERE {self.holds('r')} RETURN {give} }}"

    def linked(self, node: str, arrow: str, to: str = "") -> str:
        """uuid and days of what a link leads to."""
        return self.many(node, arrow, to, f"[x.uuid, {DAYS}]")

    def active_linked(self, node: str, arrow: str, to: str = "") -> str:
        """uuids of what a link leads to, where that exists on the day."""
        where = f"{self.holds('r')} AND {self.day.active('x')}"
        return f"COLLECT {{ MATCH ({node})-[r:{arrow}]->(x{to}) WHERE {where} RETURN x.uuid }}"

    def unit(self, node: str) -> str:
        return f"""{{
            {self._placed_unit(node)}, values: {self.day.values(node)},
            kle: COLLECT {{
                MATCH ({node})-[r:{OF_UNIT_KLE}]->(x:KleNode)
                WHERE {self.holds("r")} AND {self.day.active("x")}
                RETURN [type(r), x.uuid, x.number, toString(r.from), {self.until("x")}]
            }}
        }}"""

    def plain_unit(self, node: str) -> str:
        """Without KLE: for units that only lie below, or are only named."""
        return f"{{ {self._placed_unit(node)}, values: {self.day.values(node)}, kle: [] }}"

    def _placed_unit(self, node: str) -> str:
        return f"""uuid: {node}.uuid, active: {self.day.active(node)}, to: toString({self.end(node)}),
            parent: {self.one(node, "PART_OF", ":Unit", f"[x.uuid, {DAYS}]")},
            payer: {self.one(node, "PAID_OUT_BY", ":Unit", f"[x.uuid, {DAYS}]")}"""

    def person(self, node: str) -> str:
        return f"{{ uuid: {node}.uuid, values: {self.day.values(node, 'name', 'stopped')} }}"

    def tie(self, node: str, person: str) -> str:
        return f"""{{
            {self._tie(node, person)},
            unit: {self.one(node, "IN", ":Unit", f"[x.uuid, {DAYS}]")},
            position: {self.one(node, "AS", ":Position", f"[x.uuid, {DAYS}]")},
            kle: COLLECT {{
                MATCH ({node})-[r:HANDLES]->(x:KleNode)
                WHERE {self.holds("r")} AND {self.day.active("x")}
                RETURN [x.uuid, x.number, toString(r.from), {self.until("x")}]
            }}
        }}"""

    def tie_alone(self, node: str, person: str, *names: str) -> str:
        """A tie without its links. ``names``: of the values that matter; by default all do, since a grant's condition
        may name any."""
        return f"{{ {self._tie(node, person, *names)} }}"

    def _tie(self, node: str, person: str, *names: str) -> str:
        return f"""uuid: {node}.uuid, kind: labels({node})[0], person: {person}.uuid, {self.life(node)},
            values: {self.day.values(node, *names)}"""

    def position(self, node: str) -> str:
        return f"""{{
            uuid: {node}.uuid, values: {self.day.values(node)},
            categories: COLLECT {{
                MATCH ({node})-[r:WITHIN*1..]->(x:PositionCategory)
                WHERE all(each IN r WHERE {self.holds("each")})
                RETURN [x.uuid, x.title] ORDER BY size(r), x.uuid
            }}
        }}"""

    def assignment(self, node: str, holder: str) -> str:
        return f"""{{
            uuid: {node}.uuid, holder: {holder}.uuid, {self.life(node)}, values: {self.day.values(node)},
            role: {self.one(node, "OF", ":Role", "x.uuid")},
            places: {self.linked(node, "FOR", ":Unit")},
            is_for_units: EXISTS {{ MATCH ({node})-[:FOR]->() }},
            about: {self.about(node)}
        }}"""

    def about(self, node: str) -> str:
        """With whether it exists on the day: what has ended narrows still, and gives nothing."""
        give = (
            f"""[labels(x)[0], x.uuid, coalesce(x.number, x.key), x.title, {self.day.active("x")}, {self.until("x")}]"""
        )
        return self.many(node, "ABOUT", "", give)

    def stand_in(self, node: str, person: str) -> str:
        """Of one that stands in for an assignment that exists on the day."""
        return f"""{{
            uuid: {node}.uuid, person: {person}.uuid, {self.life(node)},
            scope: COLLECT {{ MATCH ({node})-[r:SCOPE_UNIT]->(x) WHERE {self.holds("r")} RETURN x.uuid }},
            stood: head(COLLECT {{
                MATCH ({node})-[stood:SUBSTITUTES]->(a:Assignment)
                WHERE {self.holds("stood")} AND {self.day.active("a")}
                RETURN {{role: {self.one("a", "OF", ":Role", "x.uuid")}, places: {self.linked("a", "FOR", ":Unit")}}}
            }})
        }}"""

    def role(self, node: str) -> str:
        return f"{{ uuid: {node}.uuid, values: {self.day.values(node)} }}"

    def grant(self, node: str) -> str:
        """A grant, or a request, which has a state and names persons."""
        title = f"CASE WHEN x:Person THEN {self._name('x')} ELSE coalesce(x.name, x.title, x.number, x.key) END"
        return f"""{{
            uuid: {node}.uuid, kind: labels({node})[0], {self.life(node)}, values: {self.day.values(node)},
            gives: {self.one(node, "GIVES", "", "x.uuid")},
            gives_until: {self.one(node, "GIVES", "", "toString(r.to)")},
            given_to: {self.many(node, "GIVEN_TO", "", f"[labels(x)[0], x.uuid, {title}, {DAYS}]")},
            exceptions: {self.many(node, "EXCEPTED", "", f"[labels(x)[0], x.uuid, {title}]")},
            about: {self.about(node)},
            covered: COLLECT {{
                MATCH ({node})-[r:ABOUT]->(asked)
                WHERE {self.holds("r")}
                RETURN COLLECT {{
                    MATCH (asked)-[up:WITHIN|MEMBER_OF*0..]->(x)
                    WHERE all(each IN up WHERE {self.holds("each")})
                    RETURN DISTINCT x.uuid
                }}
            }},
            within: {self.many(node, "ONLY_IN", "", "x.uuid")},
            for_unit: {self.one(node, "FOR", ":Unit", "x.uuid")},
            exception_to: {self.one(node, "EXCEPTED_FROM", "", "x.uuid")},
            people: {self.many(node, PEOPLE, ":Person", f"[type(r), {self._named('x')}]")}
        }}"""

    def _named(self, person: str) -> str:
        return f"{{uuid: {person}.uuid, name: {self._name(person)}}}"

    def _name(self, person: str) -> str:
        """Null where it is protected on any day."""
        protected = f"EXISTS {{ MATCH ({person})-[:STATE]->(:PersonState {{address_protected: true}}) }}"
        return f"CASE WHEN NOT {protected} THEN {person}.name END"

    def setting(self, node: str) -> str:
        return f"""{{
            uuid: {node}.uuid, {self.life(node)}, values: {self.day.values(node)},
            of: {self.one(node, "SETS", "", "x.uuid")},
            system_role: {self.one(node, "WITHIN_ROLE", "", "x.uuid")},
            type: {self.one(node, "LIMITS", "", "x.uuid")},
            units: {self.many(node, "SELECTS", "", "x.uuid")},
            excluded: {self.many(node, "LEAVES_OUT", "", "x.uuid")},
            approved: {self.one(node, "APPROVED_BY", ":Person", f"[x.uuid, {DAYS}]")}
        }}"""

    def over(self, node: str) -> str:
        """A setting that has ended; or that was to hold on the day until its first day was put off, or it was
        withdrawn."""
        was = f"EXISTS {{ ({node})-[was:WAS_STATE]->() WHERE {self.holds('was')} }}"
        return f"({node}.to <= {self.day.day} OR ({was} AND NOT coalesce({self.day.active(node)}, false)))"

    def ended_setting(self, node: str) -> str:
        """What it limited on its last day."""
        found = {"of": "SETS|WAS_SETS", "system_role": "WITHIN_ROLE|WAS_WITHIN_ROLE", "type": "LIMITS|WAS_LIMITS"}
        told = (f"{name}: head([({node})-[:{type_}]->(x) | x.uuid])" for name, type_ in found.items())
        return f"{{ {', '.join(told)} }}"

    def right(self, node: str) -> str:
        """A system role or job-function role that exists on the day."""
        system = f"""{{
            uuid: x.uuid, active: {self.day.active("x")}, to: {self.until("x")}, values: {self.day.values("x")}
        }}"""
        return f"""{{
            uuid: {node}.uuid, kind: labels({node})[0], {self.life(node)}, values: {self.day.values(node)},
            system: {self.one(node, "AT", ":ItSystem", system)},
            required: {self.active_linked(node, "REQUIRES")},
            optional: {self.active_linked(node, "MAY_LIMIT")},
            includes: {self.many(node, "INCLUDES", "", "[x.uuid, toString(r.to)]")},
            conflicts: {self._conflicts(node)}
        }}"""

    def _conflicts(self, node: str) -> str:
        """Those of which it is one side."""
        conflict = f"""{{
            uuid: c.uuid, {self.life("c")}, values: {self.day.values("c")},
            first: {self.one("c", "FIRST_OF_TWO", "", "x.uuid")},
            second: {self.one("c", "SECOND_OF_TWO", "", "x.uuid")}
        }}"""
        where = f"{self.holds('side')} AND {self.day.active('c')}"
        return f"COLLECT {{ MATCH ({node})<-[side:FIRST_OF_TWO|SECOND_OF_TWO]-(c) WHERE {where} RETURN {conflict} }}"

    def type(self, node: str) -> str:
        return f"{{ uuid: {node}.uuid, {self.life(node)}, values: {self.day.values(node)} }}"

    def kle_number(self, node: str) -> str:
        return f"[{node}.number, toString({self.end(node)})]"
